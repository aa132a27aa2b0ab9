"""The filesystem mirror that Terraform finds the stand-ins in."""

from __future__ import annotations

import os
import shlex
import sys
from itertools import product
from pathlib import Path

VERSIONS = {"aws": "6.34.0+standin", "archive": "2.7.1+standin"}

_ROOT = Path(__file__).resolve().parents[2]
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
"""The hosts of Terraform's registry and of OpenTofu's."""

# A shebang line that named the interpreter itself could grow too long and cannot hold blanks.
_LAUNCHER = """\
#!/bin/sh
PYTHONPATH={root} exec {python} -m task_scheduler_local.provider {name}
"""


def install(mirror: Path, python: Path) -> None:
    """Write launchers of both providers, for this platform, into the folder `mirror`.

    `python` is the interpreter of a virtual environment with the extra `local` installed.
    """
    machine = os.uname().machine
    target = f"{sys.platform}_{_MACHINES.get(machine, machine)}"
    for (name, version), host in product(VERSIONS.items(), REGISTRIES):
        folder = mirror / host / "hashicorp" / name / version / target
        folder.mkdir(parents=True, exist_ok=True)
        launcher = folder / f"terraform-provider-{name}_v{version}"
        text = _LAUNCHER.format(
            root=shlex.quote(str(_ROOT)), python=shlex.quote(str(python)), name=name
        )
        if launcher.is_file() and launcher.read_text(encoding="utf-8") == text:
            continue
        # Not in the launcher's folder, which Terraform takes the checksum of.
        unfinished = mirror / f".{name}.{os.getpid()}"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(0o755)
        unfinished.replace(launcher)
