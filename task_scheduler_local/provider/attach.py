"""One provider process for many commands: Terraform attaches to it instead of starting its own.

An apply starts some eight provider processes, which take most of its time. Terraform leaves an
attached one alone, and `init` neither looks for it nor locks it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from task_scheduler_local.places import ROOT
from task_scheduler_local.provider.mirror import REGISTRIES


@contextmanager
def attached(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Both providers for Terraform in `folder`, which relative paths start from.

    `environment` holds the AWS settings of the emulator; yields the setting for Terraform. All
    provider blocks of a configuration share the process, so they have to be alike.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "task_scheduler_local.provider", "attached"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the parent to handle, which ends it by its input
    )
    with process:
        assert process.stdin
        assert process.stdout
        served = json.loads(process.stdout.readline())
        for address, where in list(served.items()):
            served |= {_elsewhere(address, host): where for host in REGISTRIES}
        yield {"TF_REATTACH_PROVIDERS": json.dumps(served)}
        process.stdin.close()


def _elsewhere(address: str, host: str) -> str:
    """Return a provider's address at another registry."""
    return f"{host}/{address.partition('/')[2]}"
