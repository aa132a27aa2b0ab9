"""Warnings of a plan about the dependency layer, by the manifest that its builder left in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

from .conftest import LOCKED, Planned, Variables, write_manifest

MB = 1024 * 1024
RIGHT = {"runtime": "python3.13", "architecture": "arm64", "packages": LOCKED}


def layer_with(folder: Path, manifest: Any) -> Variables:
    """A layer with a manifest; the variable that names it."""
    write_manifest(folder, manifest)
    return {"layer_dir": str(folder)}


def zipped(name: str, content: bytes = b"") -> bytes:
    """A zip file with one file, not compressed."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(name, content)
    return archive.getvalue()


def warnings(planned: Planned, name: str = "layer") -> list[str]:
    """Return the messages of a check on the plan."""
    return [
        " ".join(problem["message"].split())
        for check in planned["checks"]
        if check["address"]["name"] == name
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


def test_a_layer_that_does_not_fit_with_the_code_is_refused_with_the_size_of_each_part(
    plan: Callable[[Variables], Planned], refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    layer, code = tmp_path / "layer", tmp_path / "code"
    code.mkdir()
    (code / "names.txt").write_bytes(b"name\n" * (2 * MB + 1000))
    layer.mkdir()
    said = refusal(layer_with(layer, RIGHT | {"bytes": 241 * MB}) | {"task_code_dir": str(code)})
    assert "Code and layers of the functions have 2 MB too many: Lambda takes 250 MB, unzip" in said
    for part in ("dependencies: 241 MB (", "runtime: 1 MB (", "tasks: 11 MB ("):
        assert part in said
    assert warnings(plan(layer_with(layer, RIGHT | {"bytes": 249 * MB}))) == []


@pytest.mark.parametrize(
    ("architectures", "said"),
    [
        (
            ["x86_64"],
            'which was published for x86_64, but architecture is "arm64": whatever is compiled in '
            "it cannot be imported. It must be a layer for arm64.",
        ),
        (["arm64", "x86_64"], ""),
        ([], ""),
    ],
)
def test_a_layer_of_the_users_own_for_another_architecture_is_warned_of_by_its_arn(
    plan: Callable[[Variables], Planned], emulator: Emulator, architectures: list[str], said: str
) -> None:
    functions = client("lambda", emulator.environment())
    published = functions.publish_layer_version(
        LayerName="compiled",
        Content={"ZipFile": zipped("python/compiled.so")},
        CompatibleArchitectures=architectures,
    )
    arn = published["LayerVersionArn"]
    planned = plan({"workers": {"big": {"layers": [arn]}}})
    assert warnings(planned, "architecture") == (
        [f'worker "big": layers has {arn}, {said}'] if said else []
    )


def test_a_layer_of_the_users_own_that_cannot_fit_beside_the_others_is_warned_of_by_its_arn(
    plan: Callable[[Variables], Planned], emulator: Emulator, tmp_path: Path
) -> None:
    functions = client("lambda", emulator.environment())
    published = functions.publish_layer_version(
        LayerName="heavy", Content={"ZipFile": zipped("python/heavy.so", bytes(2 * MB))}
    )
    arn = published["LayerVersionArn"]
    fitting = layer_with(tmp_path, RIGHT | {"bytes": 249 * MB}) | {"layers": [arn]}
    (said,) = warnings(plan(fitting), "architecture")
    assert (
        f"layers has {arn} of 3 MB even when zipped, but code and the other layers leave 0" in said
    )


def test_a_layer_that_cannot_be_read_is_warned_of_and_not_refused(
    plan: Callable[[Variables], Planned],
) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:layer:gone"
    (said,) = warnings(plan({"layers": [f"{arn}:7"]}), "architecture")
    assert f"reading Lambda Layer ({arn}) Version (7): " in said
