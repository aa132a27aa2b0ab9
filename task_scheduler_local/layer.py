"""`make package-layer` and `taskctl package`: the dependency layer, the same wherever it is built.

It has the packages of the runtime, those of the user, and a manifest, task_scheduler_layer.json,
which modules/functions/manifest.tf reads.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local.places import ROOT
from task_scheduler_local.uv import interpreter, uv

RUNTIMES = ("python3.12", "python3.13", "python3.14")
ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""The machine in a wheel's tag, by Lambda's name."""

_INSTALLED = Path(__file__).with_name("runtime.txt")
RUNTIME_LOCK = _INSTALLED if _INSTALLED.is_file() else ROOT / "requirements" / "runtime.txt"
"""The runtime's own packages, which every layer has."""

USERS_LOCK = ROOT / "layer" / "requirements-layer.txt"

_MANIFEST = "task_scheduler_layer.json"
_EPOCH = 315532800  # 1980-01-01, the earliest time that a zip file can hold


@dataclass(frozen=True)
class Target:
    """A Lambda runtime and architecture.

    Raises LocalError for one that this project does not run on.
    """

    runtime: str
    architecture: str

    def __post_init__(self) -> None:
        for name, legal in (("runtime", RUNTIMES), ("architecture", tuple(ARCHITECTURES))):
            value = getattr(self, name)
            if value not in legal:
                raise LocalError(f'{name} is "{value}": it must be {" or ".join(legal)}')

    def uv_arguments(self) -> list[str]:
        """Wheels for this target, whatever the host is.

        These runtimes run on Amazon Linux 2023 (glibc 2.34), which takes manylinux_2_28 wheels.
        """
        machine = ARCHITECTURES[self.architecture]
        version = self.runtime.removeprefix("python")
        return [f"--python-platform={machine}-manylinux_2_28", f"--python-version={version}"]


def build(requirements: Path | None, out: Path, *, target: Target | None) -> Path:
    """Build OUT/python from the runtime's packages and those of a requirements file.

    Args:
        requirements: the user's, None for no more than the runtime's; those with hashes are held
            to them.
        out: the folder for python/.
        target: what it is for; None is this machine.

    Returns:
        The folder built.

    Raises:
        LocalError: the file is missing, a package has no wheel, or the runtime needs another
            version of one.
    """
    if requirements and not requirements.is_file():
        raise LocalError(f"{requirements}: no such requirements file")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".layer-") as work:
        fresh = Path(work) / "python"
        uv(
            "pip",
            "install",
            f"--python={interpreter()}",
            f"--target={fresh}",
            f"--requirements={RUNTIME_LOCK}",
            *([f"--requirements={requirements}"] if requirements else []),
            "--only-binary=:all:",
            "--link-mode=copy",  # a link would share its times and modes with uv's cache
            *(target.uv_arguments() if target else []),
        )
        _take_out_what_differs(fresh)
        _write_manifest(fresh, target)
        _set_modes_and_times(fresh)
        final = out / "python"
        shutil.rmtree(final, ignore_errors=True)
        shutil.move(fresh, final)
    return final


def _write_manifest(folder: Path, target: Target | None) -> None:
    """Write down what the layer has, its size, and its Lambda; null for that of this machine."""
    found = metadata.distributions(path=[str(folder)])
    packages = {each.metadata["Name"].lower().replace("_", "-"): each.version for each in found}
    manifest = {
        "runtime": target.runtime if target else None,
        "architecture": target.architecture if target else None,
        "packages": packages,
        "bytes": _size(folder),
    }
    text = json.dumps(manifest, indent=2, sort_keys=True)
    (folder / _MANIFEST).write_text(f"{text}\n", encoding="utf-8")


def _take_out_what_differs(folder: Path) -> None:
    """Take out the builder's own paths, which differ between two builds."""
    (folder / ".lock").unlink(missing_ok=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts that name the builder's interpreter
    for record in folder.glob("*.dist-info/RECORD"):
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not re.match(r"(\.\./)*bin/", line)]
        record.write_text("".join(sorted(kept)), encoding="utf-8")


def _set_modes_and_times(folder: Path) -> None:
    """Make modes and times the same in all builds."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_EPOCH, _EPOCH))


def describe(folder: Path, target: Target) -> str:
    """Summarize a layer that was built: where, for what, and its size in MB."""
    return f"{folder}: {target.runtime}, {target.architecture}, {_size(folder) / 1e6:.1f} MB"


def _size(folder: Path) -> int:
    """Return the size of a folder's files in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Run `make package-layer`."""
    parser = argparse.ArgumentParser(prog="package-layer", description=__doc__)
    parser.add_argument("--runtime", required=True)
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--requirements", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    target = Target(options.runtime, options.architecture)
    folder = build(options.requirements.resolve(), options.out.resolve(), target=target)
    print(describe(folder, target))


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(f"The layer was not built: {error}")
