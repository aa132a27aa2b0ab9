"""The pages of the guide show the examples' own files, and what comes of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT
from tests.system.examples import EXAMPLES

GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(
    page for page in GUIDE.glob("*.md") if "/main.tf`, " in page.read_text(encoding="utf-8")
)
"""Those that show an example; the blocks of the others are tested as those of all documents."""

SHOWN = re.compile(r"`([\w./-]+)`, (\d+) lines of (.+?):\n\n```(hcl|python)\n(.*?)\n```", re.DOTALL)


def folder(page: Path) -> Path:
    found = re.search(r"`examples/([\w-]+)/main\.tf`", page.read_text(encoding="utf-8"))
    assert found
    return ROOT / "examples" / found[1]


def test_the_guide_names_every_page_and_the_examples_under_jobs() -> None:
    index = (GUIDE / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(([\w-]+\.md)\)", index)
    assert sorted([*named, "README.md"]) == sorted(page.name for page in GUIDE.glob("*.md"))
    jobs = index.partition("## Jobs")[2].partition("\n## ")[0]
    assert {page.name for page in PAGES} == set(re.findall(r"\]\(([\w-]+\.md)\)", jobs))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_the_files_of_its_example_and_counts_their_lines(page: Path) -> None:
    shown = SHOWN.findall(page.read_text(encoding="utf-8"))
    assert len(shown) == 2
    for path, count, _, _, text in shown:
        file = ROOT / path if path.startswith("examples/") else folder(page) / path
        assert text == file.read_text(encoding="utf-8").rstrip()
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if file.suffix == ".tf":
            lines = [line for line in lines if not line.startswith("#")]
        assert int(count) == len(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_results_that_the_test_of_its_example_sees(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)\n```", text, re.DOTALL)
    source = (ROOT / "tests" / "system" / "test_examples.py").read_text(encoding="utf-8")
    example = EXAMPLES.get(folder(page).name)
    if page.stem == "no-overlap":
        assert re.search(r"skipped: \S+ has not ended$", shown)
    elif example is not None and len(example.results) <= 10:
        assert all(result and result in shown for result in example.results)
    elif example is not None:
        assert f"succeeded, {len(example.results)} tasks" in shown
    else:
        assert shown.splitlines()[-1].rpartition("attempt 1: ")[2] in source
