"""A root of the user's, applied by Terraform to the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from task_scheduler_local import LocalError, terraform
from task_scheduler_local.dev.instances import Instance, read_instances
from task_scheduler_local.dev.mirror import Mirror

_OVERRIDE = "taskctl_dev_override.tf.json"
_VALUES = "taskctl-dev.tfvars.json"
_OF_THE_MODULE = Path("modules", "scheduler", "timezones.txt")
"""A file that only this module has."""


class Root:
    """The folder, its mirror, and what is applied.

    Args:
        folder: the user's root, absolute: it calls the module, or is the module itself.
        tfvars: a file of values beside those that Terraform finds itself; None for none.
        layer: the folder of the packages, for layer_dir.
        base: an empty folder for the mirror.
        home: the folder for what is kept until the next session.

    Attributes:
        warnings: the warnings of the last plan.
    """

    def __init__(
        self, folder: Path, tfvars: Path | None, layer: Path, base: Path, home: Path
    ) -> None:
        self._folder = folder
        self._tfvars = tfvars
        self._home = home
        self._packages: dict[str, Any] = {
            "layer_dir": str(layer),
            "layer_zip": None,
            "layers": [],
            "package_bucket": None,
        }
        self._mirror = Mirror(folder, base)
        self._environment: dict[str, str] = {}
        self._is_module = (folder / _OF_THE_MODULE).is_file()
        self.warnings: list[str] = []
        self._mirror.refresh()

    @contextmanager
    def attached(self, aws: Mapping[str, str]) -> Iterator[None]:
        """Attach the providers for the length of the block.

        Args:
            aws: the environment that reaches the emulator.
        """
        home = self._home / "terraform"
        home.mkdir(parents=True, exist_ok=True)
        settings = home / "settings.tfrc"
        settings.write_text("")  # the user's own may name other mirrors, or other providers
        ours = {
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_DATA_DIR": str(home / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_DISABLE_PLUGIN_TLS": "1",
        }
        environment = terraform.clean_environment() | ours | dict(aws)
        with self._providers(environment) as setting:
            self._environment = environment | setting
            try:
                yield
            finally:
                # the name of the backend; the modules beside it spare the next session a download
                (home / "data" / "terraform.tfstate").unlink(missing_ok=True)

    @contextmanager
    def _providers(self, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
        if terraform.provider_choice() == "registry":
            yield {}
            return
        from task_scheduler_local.provider import attach

        with attach.attached(self._mirror.folder, environment) as setting:
            yield setting

    def init(self) -> None:
        """Prepare the folder: modules, providers. Raises LocalError with Terraform's reasons."""
        self._mirror.refresh()
        self._override({})
        self._run("init", "-input=false")
        self._override(dict.fromkeys(self._calls(), self._packages))
        (self._mirror.folder / _VALUES).write_text(json.dumps(self._packages), encoding="utf-8")

    def apply(self) -> list[Instance]:
        """Apply what the files say now; return the instances of the module.

        Raises:
            LocalError: Terraform's errors, with files and lines; what was applied before stays,
                unless AWS refused something half way.
        """
        self._mirror.refresh()
        self._run("apply", "-auto-approve", "-input=false", *self._values())
        return read_instances(self._mirror.folder)

    def sources(self) -> list[Path]:
        """Return the folders of local modules, whose changes are to be applied too."""
        found = {
            self._mirror.real(self._mirror.folder / module["Dir"])
            for module in self._modules()
            if module["Key"]
        }
        own = [path for path in found if not path.is_relative_to(self._home)]
        if self._is_module:
            own += [self._folder / "lambda_src"]
        else:
            own += [path / "lambda_src" for path in own if (path / _OF_THE_MODULE).is_file()]
        return sorted(path for path in own if path.is_dir())

    def _values(self) -> list[str]:
        files = [str(self._tfvars)] if self._tfvars else []
        if self._is_module:
            files.append(_VALUES)
        return [f"-var-file={file}" for file in files]

    def _calls(self) -> list[str]:
        """Return the names of the root's calls of this module."""
        if self._is_module:
            return []
        ours = [
            str(module["Key"])
            for module in self._modules()
            if module["Key"] and (self._mirror.folder / module["Dir"] / _OF_THE_MODULE).is_file()
        ]
        if not ours:
            raise LocalError(
                f"{self._folder}: no module block in it calls the task scheduler; --root must be "
                "the folder that `terraform apply` is run in"
            )
        if nested := [name for name in ours if "." in name]:
            raise LocalError(
                f"the task scheduler is called by another module ({', '.join(nested)}): dev needs "
                "a root that calls it itself"
            )
        return ours

    def _modules(self) -> list[dict[str, Any]]:
        manifest = self._home / "terraform" / "data" / "modules" / "modules.json"
        if not manifest.is_file():
            return []
        modules: list[dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))["Modules"]
        return modules

    def _override(self, calls: Mapping[str, Any]) -> None:
        """State in an override file that state is local, and where packages come from."""
        override: dict[str, Any] = {"terraform": {"backend": {"local": {}}}}
        if calls:
            override["module"] = dict(calls)
        (self._mirror.folder / _OVERRIDE).write_text(json.dumps(override), encoding="utf-8")

    def _run(self, *arguments: str) -> None:
        command, *rest = arguments
        done = terraform.execute(
            self._mirror.folder, self._environment, command, "-json", "-no-color", *rest
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found = [line["diagnostic"] for line in lines if "diagnostic" in line]
        self.warnings = _sentences(found, "warning")
        if done.returncode:
            errors = _sentences(found, "error") or [done.stderr.strip() or done.stdout.strip()]
            raise LocalError("\n".join(errors))


def _sentences(diagnostics: list[dict[str, Any]], severity: str) -> list[str]:
    """Return Terraform's diagnostics, each once, with file and line."""
    return list(
        dict.fromkeys(_sentence(each) for each in diagnostics if each["severity"] == severity)
    )


def _sentence(diagnostic: Mapping[str, Any]) -> str:
    detail = diagnostic.get("detail", "").split("\n\nThis was checked by")[0].strip()
    text = detail or diagnostic["summary"]
    if detail and not detail.startswith(diagnostic["summary"]):
        text = f"{diagnostic['summary']}: {detail}"
    place = diagnostic.get("range")
    return f"{place['filename']}, line {place['start']['line']}: {text}" if place else text
