"""The lists of names in the Terraform module are those of the packages that are locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import generate


@pytest.mark.parametrize("path", generate.LISTS, ids=lambda path: path.name)
def test_a_list_is_as_its_package_has_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generate.text(generate.LISTS[path]())
