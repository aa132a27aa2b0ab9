"""The plugin process: `python -m task_scheduler_local.provider aws|archive`, started by Terraform.

With `attached` it serves both, for as long as its standard input is open.
"""

from __future__ import annotations

import gc
import os
import sys

from .plugin import serve, serve_attached
from .provider import Provider

_NAMES = ("aws", "archive")


def _provider(name: str) -> Provider:
    """Import no more than the one that is wanted."""
    if name == "aws":
        from .aws import AwsProvider

        return AwsProvider()
    from .archive import ArchiveProvider

    return ArchiveProvider()


if len(sys.argv) != 2 or sys.argv[1] not in (*_NAMES, "attached"):
    sys.exit("usage: python -m task_scheduler_local.provider aws|archive|attached")
if sys.argv[1] == "attached":
    sys.exit(serve_attached({f"registry.terraform.io/hashicorp/{n}": _provider(n) for n in _NAMES}))
# Terraform starts some eight of these for one apply and waits for each: collecting garbage and
# tearing modules down would cost as much time again as the start.
gc.disable()
code = serve(_provider(sys.argv[1]))
sys.stdout.flush()
os._exit(code)
