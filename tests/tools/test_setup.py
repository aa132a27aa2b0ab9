"""Set-up: each step once, again when what it is made from changes, in one line when it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from task_scheduler_local import LocalError, uv
from task_scheduler_local.places import ROOT
from tools import setup


def do(folder: Path, file: Path, *more: str) -> bool:
    folder.mkdir(exist_ok=True)
    with setup._step("thing", folder, [file], *more) as todo:
        return todo


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("a==1\n")
    return path


def test_a_step_is_done_once(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert do(tmp_path / "made", file)
    assert capsys.readouterr().out.startswith("Setting up: thing ... ")
    assert not do(tmp_path / "made", file)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("change", ["requirements", "interpreter", "checkout"])
def test_a_step_is_done_again_when_what_it_is_made_from_changes(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    assert do(tmp_path / "made", file)
    if change == "requirements":
        file.write_text("a==2\n")
    elif change == "interpreter":
        monkeypatch.setattr(sys, "version", "3.99")
    else:
        monkeypatch.setattr(setup, "ROOT", tmp_path)
    assert do(tmp_path / "made", file)


def test_a_step_that_failed_is_done_again(tmp_path: Path, file: Path) -> None:
    with pytest.raises(LocalError):
        fail(tmp_path, file)
    assert do(tmp_path, file)


def fail(folder: Path, file: Path) -> None:
    with setup._step("thing", folder, [file]):
        raise LocalError("no")


def test_a_command_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "for number in range(100, 120):\n"
        "    print(number, flush=True)\n"
        "sys.exit('the reason')\n"
    )
    with pytest.raises(LocalError) as told:
        uv.run([sys.executable, str(program)])
    assert str(told.value).startswith("`python ")
    assert "119" in str(told.value)
    assert "the reason" in str(told.value)
    assert "100" not in str(told.value)


def test_the_index_that_pip_is_set_up_with_is_the_one_that_uv_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://mirror.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert uv.pip_settings()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://closer.example/simple")
    assert uv.pip_settings()["UV_DEFAULT_INDEX"] == "https://closer.example/simple"


def test_the_proxy_that_pip_is_set_up_with_is_the_one_that_uv_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nproxy = http://proxy.example:3128\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.delenv("PIP_PROXY", raising=False)
    monkeypatch.delenv("ALL_PROXY", raising=False)
    assert uv.pip_settings()["ALL_PROXY"] == "http://proxy.example:3128"


def test_without_a_package_index_set_up_fails_in_words_and_is_not_taken_for_done(
    tmp_path: Path,
) -> None:
    checkout = tmp_path / "a clone"
    for folder in ("layer", "requirements", "task_scheduler_local", "tools"):
        shutil.copytree(ROOT / folder, checkout / folder)
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "tools.setup", "local"],
        cwd=checkout,
        env=os.environ | unreachable,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == "Setting up: uv ... failed\n"
    assert done.stderr.startswith("Set-up failed: `python -m pip ...` cannot reach PyPI, or the ")
    assert "Traceback" not in done.stderr
    assert not (checkout / ".build" / "uv" / ".set-up").exists()
