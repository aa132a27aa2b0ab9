"""The plugin processes as Terraform starts them: found in the mirror, gone afterwards."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import ROOT
from task_scheduler_local.provider import install
from task_scheduler_local.provider.attach import attached

from .root import PROVIDERS

_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
_PATIENCE_SECONDS = 20

_looks_in_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks processes up in /proc"
)


def test_terraform_finds_both_in_a_mirror_and_applies_with_them(
    tmp_path: Path, emulator: Emulator
) -> None:
    folder, mirror = tmp_path / "a root", tmp_path / "a mirror"
    folder.mkdir()
    # A second time as a later run does, over what is there.
    for _ in range(2):
        install(mirror, Path(sys.executable))
    configuration = tmp_path / "terraformrc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    )
    (folder / "main.tf").write_text(
        PROVIDERS
        + """
        data "archive_file" "this" {
          type        = "zip"
          source_file = "main.tf"
          output_path = "out.zip"
        }
        resource "aws_sqs_queue" "this" {
          name = "process"
          tags = { archive = data.archive_file.this.output_md5 }
        }
        """
    )
    environment = terraform.environment(emulator.environment())
    environment["TF_CLI_CONFIG_FILE"] = str(configuration)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [terraform.binary(), *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init")
    versions = json.loads(run("version", "-json"))["provider_selections"]
    assert set(versions.values()) == {"6.34.0+standin", "2.7.1+standin"}
    assert "1 added" in run("apply", "-auto-approve")
    assert "1 destroyed" in run("destroy", "-auto-approve")


def _gone(pid: int) -> bool:
    """Return True if the process has ended, even if nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _wait(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


@contextmanager
def _plugin(*command: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A command that starts a plugin, in the environment that Terraform would give it."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "TF_PLUGIN_MAGIC_COOKIE": _COOKIE,
        "TMPDIR": str(folder),
    }
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@_looks_in_proc
def test_a_plugin_ends_with_the_terraform_that_started_it(tmp_path: Path) -> None:
    script = f"'{sys.executable}' -m task_scheduler_local.provider archive & echo $!; wait"
    with _plugin("/bin/sh", "-c", script, folder=tmp_path) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        try:
            assert parent.stdout.readline().startswith("1|6|unix|")
            assert not _gone(pid)
            parent.kill()
            assert _wait(lambda: _gone(pid))
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


@_looks_in_proc
def test_ctrl_c_is_left_to_terraform(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "task_scheduler_local.provider", "archive"]
    with _plugin(*command, folder=tmp_path) as plugin:
        assert plugin.stdout
        plugin.stdout.readline()
        status = Path(f"/proc/{plugin.pid}/status").read_text()
    ignored = int(status.split("SigIgn:")[1].split()[0], 16)
    assert ignored & 1 << signal.SIGINT - 1


def test_attached_providers_end_with_the_block(tmp_path: Path) -> None:
    with attached(tmp_path, {}) as setting:
        told = json.loads(setting["TF_REATTACH_PROVIDERS"])
    assert told.keys() >= {f"registry.terraform.io/hashicorp/{n}" for n in ("aws", "archive")}
    for provider in told.values():
        assert _wait(functools.partial(_gone, provider["Pid"]))
        assert not Path(provider["Addr"]["String"]).exists()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "to be started by Terraform"),
        ({"TF_PLUGIN_MAGIC_COOKIE": _COOKIE, "PLUGIN_CLIENT_CERT": "x"}, "TF_DISABLE_PLUGIN_TLS=1"),
    ],
)
def test_started_otherwise_it_says_what_is_missing(environment: dict[str, str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "task_scheduler_local.provider", "aws"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert told in done.stdout + done.stderr
    assert len((done.stdout + done.stderr).splitlines()) == 1
