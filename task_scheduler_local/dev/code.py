"""New code for the functions, past Terraform: an apply takes seconds, this a fraction of one."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError

from task_scheduler_local import LocalError
from task_scheduler_local.dev.instances import Instance
from task_scheduler_local.leftovers import client
from task_scheduler_local.provider.archive import ArchiveFile
from task_scheduler_local.provider.errors import ProviderError

_PATIENCE = {"Delay": 0.02, "MaxAttempts": 500}
"""Ten seconds."""


def deploy(instance: Instance, aws: Mapping[str, str]) -> None:
    """Pack the task folder as Terraform does, and give it to the instance's functions.

    The next apply finds the same archive and has nothing to upload.

    Args:
        instance: the instance of the module.
        aws: the environment that reaches the emulator.

    Raises:
        LocalError: the folder cannot be packed, or the emulator does not take it.
    """
    with tempfile.TemporaryDirectory(prefix="task-scheduler-") as folder:
        archive = Path(folder) / "tasks.zip"
        places = {"source_dir": str(instance.task_folder), "output_path": str(archive)}
        try:
            ArchiveFile().read({**instance.archive, **places})
        except ProviderError as error:
            raise LocalError(str(error)) from error
        content = archive.read_bytes()
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: _update(name, content, aws), instance.functions))


@cache
def _client(aws: tuple[tuple[str, str], ...]) -> Any:
    """Return the client of an emulator; making one takes as long as the rest."""
    return client("lambda", dict(aws))


def _update(name: str, content: bytes, aws: Mapping[str, str]) -> None:
    functions = _client(tuple(aws.items()))
    functions.update_function_code(FunctionName=name, ZipFile=content)
    try:
        functions.get_waiter("function_updated").wait(FunctionName=name, WaiterConfig=_PATIENCE)
    except WaiterError as error:
        raise LocalError(f"{name} does not take its code: {error}") from error
