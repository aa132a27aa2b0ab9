"""The reference of inputs and outputs: written from the modules, and told when it is stale."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT
from tools import reference, setup


@pytest.fixture(autouse=True)
def tool() -> None:
    if shutil.which("go") is None:
        pytest.skip("Go, which builds terraform-config-inspect, is not on PATH")
    setup.main(["go_tools"])


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module's own files, to be changed."""
    for path in [*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf")]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(reference, "REFERENCE", tmp_path / "docs" / "reference.md")
    return tmp_path


def test_it_has_every_input_and_output(module: Path) -> None:
    reference.main([])
    text = reference.REFERENCE.read_text()
    for file in module.rglob("*.tf"):
        for name in re.findall(r'^(?:variable|output) "(\w+)"', file.read_text(), re.MULTILINE):
            assert re.search(rf"^\| \[?`{name}`", text, re.MULTILINE), f"{file}: {name}"


def test_it_is_stale_once_a_description_changes(
    module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference.main([])
    assert reference.main(["--check"]) == 0
    variables = module / "modules" / "queue" / "variables.tf"
    variables.write_text(variables.read_text().replace("What the names", "What some names"))
    assert reference.main(["--check"]) == 1
    assert "docs/reference.md is stale: `make docs`" in capsys.readouterr().err
    reference.main([])
    assert reference.main(["--check"]) == 0
    assert "What some names" in reference.REFERENCE.read_text()


def test_an_object_has_a_section_with_its_fields(module: Path) -> None:
    section = reference.render().partition("\n### notify\n")[2].partition("\n### ")[0]
    assert "- `ssm_parameter`: name of an SSM parameter" in section
    assert "  ssm_parameter = optional(string)\n" in section
