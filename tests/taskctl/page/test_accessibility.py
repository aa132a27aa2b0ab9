"""No finding of axe-core, on any page, in either scheme, wide or on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.taskctl.ledger import HOUR, Recorded
from tests.taskctl.page.conftest import PHONE, WIDE, Served, Visitor
from tests.taskctl.page.test_views import key_at, several

__all__ = ["several"]


def findings(page: Page) -> list[str]:
    """Return what axe-core finds, a line each."""
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{one['impact']} {one['id']}: {node['html'][:150]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(
    several: Recorded, recorded_page: Served, visit: Visitor, size: tuple[int, int], dark: bool
) -> None:
    page = visit(recorded_page, size=size, dark=dark)
    broken = key_at("broken", several.now - HOUR)
    found = []
    for path in ("/", "/?q=zzz", "/next", "/schedule?name=broken", f"/run?key={broken}",
                 f"/task?key={broken}&position=2", "/dead-letters"):  # fmt: skip
        page.goto(recorded_page.origin + path)
        page.wait_for_load_state("networkidle")
        found += [f"{path} {one}" for one in findings(page)]
    page.goto(recorded_page.origin + "/schedule?name=broken")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += [f"dialog {one}" for one in findings(page)]
    assert found == []
