"""Terraform: the one on PATH if it will do, otherwise the one from PyPI; nothing of the user's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from task_scheduler_local import LocalError, terraform
from task_scheduler_local.places import ROOT, TERRAFORM
from task_scheduler_local.provider import attach, install
from tools import setup


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Forget the programs found on PATH, which a process remembers; these tests change PATH."""
    terraform.on_path.cache_clear()
    yield
    terraform.on_path.cache_clear()


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a terraform, or tofu, that answers `version -json` first on PATH."""

    def write(answer: str, name: str = "terraform") -> Path:
        binary = tmp_path / name
        binary.write_text(f"#!/bin/sh\necho '{answer}'\n")
        binary.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return binary

    return write


@pytest.mark.parametrize("version", ["1.9.0", "1.11.4", "1.15.0-rc1", "2.0.0"])
def test_the_one_on_path_is_taken_from_1_9_on(offer: Callable[..., Path], version: str) -> None:
    offered = offer(f'{{"terraform_version": "{version}"}}')
    assert terraform.on_path() == offered


@pytest.mark.parametrize("answer", ['{"terraform_version": "1.8.5"}', "no JSON", "{}"])
def test_an_older_one_or_none_at_all_is_passed_over(
    offer: Callable[..., Path], answer: str
) -> None:
    offer(answer)
    assert terraform.on_path() is None
    assert terraform.binary() == TERRAFORM / "bin" / "terraform"


def test_that_there_is_none_is_said(
    offer: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offer("{}")
    monkeypatch.setattr(terraform, "TERRAFORM", tmp_path)
    offer("{}", "tofu")
    with pytest.raises(LocalError, match=r"terraform or tofu 1\.9 or newer must be on PATH"):
        terraform.check_binary()


def test_opentofu_serves_where_there_is_no_terraform(
    offer: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offer("{}")
    tofu = offer('{"terraform_version": "1.11.0"}', "tofu")
    monkeypatch.setattr(terraform, "TERRAFORM", tmp_path / "none")
    assert terraform.binary() == tofu
    terraform.check_binary()


def test_the_stand_ins_are_those_of_opentofus_registry_as_well(tmp_path: Path) -> None:
    with attach.attached(tmp_path, terraform.environment({})) as setting:
        served = json.loads(setting["TF_REATTACH_PROVIDERS"])
    expected = {
        f"{host}/hashicorp/{name}"
        for host in ("registry.terraform.io", "registry.opentofu.org")
        for name in ("aws", "archive")
    }
    assert set(served) == expected
    mirror = tmp_path / "mirror"
    install(mirror, Path(sys.executable))
    assert {str(folder.relative_to(mirror)) for folder in mirror.glob("*/hashicorp/*")} == expected


def test_the_one_from_pypi_does_what_terraform_does(tmp_path: Path) -> None:
    setup.install_terraform()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [TERRAFORM / "bin" / "terraform", *arguments],
            cwd=tmp_path,
            env=terraform.environment({}),
            capture_output=True,
            text=True,
            check=False,
        )

    (tmp_path / "main.tf").write_text('output "it" {\n  value = upper("works")\n}\n')
    assert run("fmt", "-check").returncode == 0
    assert run("init").returncode == 0
    assert run("plan", "-detailed-exitcode").returncode == 2
    assert run("apply", "-auto-approve").returncode == 0
    assert run("output", "-raw", "it").stdout == "WORKS"
    assert run("validat").returncode == 1


def test_the_users_own_aws_and_terraform_settings_do_not_reach_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_PROFILE", "TF_VAR_prefix", "TF_CLI_ARGS_plan", "TF_CLI_CONFIG_FILE"):
        monkeypatch.setenv(name, "the user's")
    assert "the user's" not in terraform.environment({"AWS_REGION": "us-east-1"}).values()


def test_the_users_own_setting_of_gos_garbage_collection_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOGC", "50")
    assert terraform.environment({})["GOGC"] == "50"


def test_an_unknown_provider_choice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER", "real")
    with pytest.raises(LocalError, match="PROVIDER=real: expected registry"):
        terraform.environment({})


def test_nothing_of_ours_comes_before_the_registrys_providers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER", "registry")
    with terraform.attached(tmp_path, {"AWS_REGION": "x"}) as aws:
        assert aws == {"AWS_REGION": "x"}
    assert Path(terraform.environment(aws)["TF_CLI_CONFIG_FILE"]).read_text() == ""


def test_a_workspace_has_the_module_and_the_layer_and_nothing_hidden() -> None:
    with terraform.workspace() as module:
        assert (module / "main.tf").read_bytes() == (ROOT / "main.tf").read_bytes()
        assert (module / "layer" / "python" / "jsonpickle").is_dir()
        assert not list(module.rglob(".*"))
    assert not module.exists()


def test_init_does_not_write_into_the_checkout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "task_scheduler_local.terraform", "init"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "run it in a copy" in done.stderr
    assert not (ROOT / ".terraform.lock.hcl").exists()


def test_a_failure_is_told_in_terraforms_own_words(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("nonsense {}\n")
    with pytest.raises(LocalError, match="terraform init failed:") as told:
        terraform.run(tmp_path, {}, "init")
    assert 'Blocks of type "nonsense" are not expected here' in str(told.value)
