"""Building the dependency layer from a root of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.taskctl.conftest import Taskctl


def manifest(layer: Path) -> Any:
    return json.loads((layer / "python" / "task_scheduler_layer.json").read_text(encoding="utf-8"))


def test_what_is_not_given_is_read_from_tfvars(taskctl: Taskctl, tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text(
        'layer_dir = "mine"\nruntime = "python3.12"\narchitecture = "x86_64"\n'
    )
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "requirements-layer.txt").write_text("iniconfig==2.3.1\n")
    done = taskctl("package", "--architecture", "arm64")
    assert (done.returncode, done.stderr) == (0, "")
    built = manifest(tmp_path / "mine")
    assert (built["runtime"], built["architecture"]) == ("python3.12", "arm64")
    assert {"apprise", "iniconfig"} <= set(built["packages"])


def test_without_tfvars_and_requirements_it_is_the_runtimes_for_the_default_lambda(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    done = taskctl("package")
    assert (done.returncode, done.stderr) == (0, "")
    built = manifest(tmp_path / "layer")
    assert (built["runtime"], built["architecture"]) == ("python3.13", "arm64")


def test_what_cannot_be_built_is_refused_in_a_sentence(taskctl: Taskctl, tmp_path: Path) -> None:
    for options, reason in (
        (["--runtime", "python3.9"], 'runtime is "python3.9": it must be python3.12 or'),
        (["--requirements", "gone.txt"], f"{tmp_path}/gone.txt: no such requirements file"),
    ):
        done = taskctl("package", "--out", "layer", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"taskctl: the layer was not built: {reason}")
