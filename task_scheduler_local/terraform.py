"""Real Terraform on this machine: `python -m task_scheduler_local.terraform ARGUMENTS...`.

Terraform is the one on PATH if it is 1.9 or newer, otherwise Terraform's core from PyPI where that
is set up, otherwise OpenTofu on PATH. Its providers are the offline stand-ins in the folder
provider, or the registry's with PROVIDER=registry.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local.places import BUILD, LAYER, ROOT, TERRAFORM, VENV, python

_OLDEST = (1, 9)
_FOLDER = BUILD / "terraform.d"
_GOGC = "800"
"""Growth of the heap of Go, Terraform's language, before garbage is collected, in percent: with
its default, 100, collecting takes a third of the CPU time of a plan or a test."""


def binary() -> Path:
    """Return the terraform or tofu to run; in a checkout `tools.setup terraform` installs one."""
    installed = TERRAFORM / "bin" / "terraform"
    return on_path() or (not installed.is_file() and on_path("tofu")) or installed


def check_binary() -> None:
    """Raise LocalError where there is neither: where this package was installed."""
    if not binary().is_file():
        oldest = ".".join(map(str, _OLDEST))
        raise LocalError(f"terraform or tofu {oldest} or newer must be on PATH; there is none")


@functools.cache
def on_path(name: str = "terraform") -> Path | None:
    """Return the terraform, or tofu, on PATH, if it is new enough."""
    found = shutil.which(name)
    if found is None:
        return None
    answer = subprocess.run(
        [found, "version", "-json"],
        env=clean_environment() | {"TF_CLI_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        version = json.loads(answer.stdout)["terraform_version"].split(".")
        return Path(found) if (int(version[0]), int(version[1])) >= _OLDEST else None
    except (ValueError, KeyError):
        return None


def environment(aws: Mapping[str, str]) -> dict[str, str]:
    """Return a whole environment for terraform: the user's without its AWS and Terraform settings.

    aws is what reaches the emulator (`Emulator.environment()`); empty for commands that reach
    nothing, such as `terraform test` with mocked providers.
    """
    ours = {
        "TF_CLI_CONFIG_FILE": str(_cli_configuration()),
        "TF_IN_AUTOMATION": "1",
        "TF_CLI_ARGS": "-no-color",
        "TF_DISABLE_PLUGIN_TLS": "1",  # providers are reached through a socket of the user's own
    }
    return {"GOGC": _GOGC} | clean_environment() | ours | dict(aws)


def run(folder: Path, aws: Mapping[str, str], *arguments: str) -> str:
    """Run terraform in a folder; returns what it printed.

    Raises LocalError with Terraform's own words when it fails. Whatever else ends the wait, Ctrl-C
    included, ends terraform and its providers too.
    """
    done = execute(folder, environment(aws), *arguments)
    if done.returncode:
        raise LocalError(
            f"terraform {arguments[0]} failed:\n{done.stderr.strip() or done.stdout.strip()}"
        )
    return done.stdout


def execute(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run terraform in a folder and an environment, whatever comes of it.

    Whatever else ends the wait, Ctrl-C included, ends terraform and its providers too.
    """
    process = subprocess.Popen(
        [binary(), *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to handle
    )
    try:
        output, errors = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


@contextmanager
def workspace() -> Iterator[Path]:
    """Make a copy of the module with this machine's layer in a temporary folder.

    Terraform runs there, so that no lock file, state or zip of a local run ever lies where a user
    runs the real thing.
    """
    left_out = shutil.ignore_patterns(".*", "layer", "terraform.tfstate*")
    with tempfile.TemporaryDirectory(prefix="task-scheduler-") as folder:
        copy = Path(folder) / "module"
        shutil.copytree(ROOT, copy, ignore=left_out)
        shutil.copytree(LAYER / "python", copy / "layer" / "python")
        yield copy


@contextmanager
def attached(folder: Path, aws: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Attach the offline providers for all commands in a folder at once: a third of the time.

    Yields aws with what `run` and `environment` need to use them. With PROVIDER=registry nothing is
    attached.
    """
    if provider_choice() == "registry":
        yield dict(aws)
        return
    from task_scheduler_local.provider import attach

    with attach.attached(folder, environment(aws)) as setting:
        yield dict(aws) | setting


def clean_environment() -> dict[str, str]:
    """Return the user's environment without settings of AWS and Terraform."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
    return kept | {"CHECKPOINT_DISABLE": "1"}


def provider_choice() -> str:
    """Read which providers the user asks for; raise LocalError for unknown ones."""
    choice = os.environ.get("PROVIDER") or "offline"
    if choice not in ("offline", "registry"):
        raise LocalError(f"PROVIDER={choice}: expected registry, or nothing for the offline one")
    return choice


def _cli_configuration() -> Path:
    """Write a CLI configuration of our own: where the providers come from."""
    choice = provider_choice()
    text = ""
    if choice == "offline":
        from task_scheduler_local import provider

        mirror = _FOLDER / "mirror"
        provider.install(mirror, python(VENV))
        text = f"""\
provider_installation {{
  filesystem_mirror {{
    path = {json.dumps(str(mirror))}
  }}
}}
"""
    configuration = _FOLDER / f"{choice}.tfrc"
    if not configuration.is_file() or configuration.read_text() != text:
        _FOLDER.mkdir(parents=True, exist_ok=True)
        fresh = Path(f"{configuration}.{os.getpid()}")
        fresh.write_text(text)
        fresh.replace(configuration)
    return configuration


def _main() -> None:
    arguments = sys.argv[1:]
    if "init" in arguments and Path.cwd().is_relative_to(ROOT):
        raise LocalError(
            "terraform init would leave the offline provider's lock file in this checkout: "
            "run it in a copy (task_scheduler_local.terraform.workspace)"
        )
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    os.execve(binary(), ["terraform", *arguments], environment(aws))


if __name__ == "__main__":
    try:
        _main()
    except LocalError as error:
        sys.exit(str(error))
