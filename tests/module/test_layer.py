"""What a plan says of the dependency layer, by the manifest that its builder left in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import LOCKED, Planned, Variables, write_manifest

RIGHT = {"runtime": "python3.13", "architecture": "arm64", "packages": LOCKED}


def layer_with(folder: Path, manifest: Any) -> Variables:
    """A layer with a manifest; the variable that names it."""
    write_manifest(folder, manifest)
    return {"layer_dir": str(folder)}


def warnings(planned: Planned) -> list[str]:
    return [
        " ".join(problem["message"].split())
        for check in planned["checks"]
        if check["address"]["name"] == "layer"
        for instance in check.get("instances", [])
        for problem in instance.get("problems", [])
    ]


def test_a_layer_for_another_lambda_is_refused_with_the_commands_that_build_it(
    refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    layer = layer_with(tmp_path, RIGHT | {"runtime": "python3.12"})
    said = refusal(layer | {"architecture": "x86_64"})
    assert f"The layer {tmp_path} does not fit the functions: " in said
    assert 'it was built for arm64, but architecture is "x86_64"' in said
    assert 'it was built for python3.12, but runtime is "python3.13"' in said
    for command in (
        f"make package-layer RUNTIME=python3.13 ARCHITECTURE=x86_64 OUT='{tmp_path}', or",
        f"taskctl package --runtime python3.13 --architecture x86_64 --out '{tmp_path}'.",
    ):
        assert command in said


def test_a_layer_without_the_packages_of_the_runtime_is_refused_by_their_names(
    refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    rest = {name: version for name, version in LOCKED.items() if name not in ("apprise", "pyyaml")}
    said = refusal(layer_with(tmp_path, RIGHT | {"packages": rest | {"pandas": "3.0.3"}}))
    assert "it lacks packages that the runtime needs: apprise, pyyaml Build it with" in said


def test_a_layer_that_is_larger_than_lambda_takes_is_refused_with_its_size(
    refusal: Callable[[Variables], str], plan: Callable[[Variables], Planned], tmp_path: Path
) -> None:
    said = refusal(layer_with(tmp_path, RIGHT | {"bytes": 300 * 2**20}))
    assert "its files have 300 MB, and Lambda takes 250 MB of layers and code, all unzipped" in said
    assert warnings(plan(layer_with(tmp_path, RIGHT | {"bytes": 250 * 2**20}))) == []


def test_a_layer_that_fits_is_planned_without_a_word(
    plan: Callable[[Variables], Planned], tmp_path: Path
) -> None:
    layer = layer_with(tmp_path, RIGHT | {"packages": LOCKED | {"pandas": "3.0.3"}})
    assert warnings(plan(layer)) == []


@pytest.mark.parametrize(
    ("manifest", "warning"),
    [
        ("no JSON", "it has no manifest ("),
        (
            RIGHT | {"packages": LOCKED | {"apprise": "2.1.0"}},
            "it was built for another version of this module: apprise 2.1.0 instead of "
            f"{LOCKED['apprise']} Build it with make package-layer",
        ),
    ],
    ids=["without a manifest", "of another version"],
)
def test_a_layer_that_may_fit_is_planned_with_a_warning(
    plan: Callable[[Variables], Planned], tmp_path: Path, manifest: Any, warning: str
) -> None:
    (said,) = warnings(plan(layer_with(tmp_path, manifest)))
    assert warning in said


def test_a_zip_file_has_its_manifest_beside_it(
    plan: Callable[[Variables], Planned], refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    archive = tmp_path / "layer-python3.13-arm64.zip"
    archive.write_bytes(b"Lambda reads it")
    zipped = {"layer_dir": None, "layer_zip": str(archive)}
    (said,) = warnings(plan(zipped))
    assert f"it has no manifest ({archive.with_suffix('.json')})" in said

    archive.with_suffix(".json").write_text(json.dumps(RIGHT), encoding="utf-8")
    assert warnings(plan(zipped)) == []
    assert "it was built for arm64" in refusal(zipped | {"architecture": "x86_64"})
