"""The packages of task code, as the values of the module say where they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from taskctl.errors import TaskctlError
from taskctl.project.checkout import module_folder


@contextmanager
def open_layer(values: dict[str, Any], path: Path) -> Iterator[Path]:
    """Provide the folder whose subfolder `python` has the packages; a context manager.

    A zip file is unpacked for as long as the context lasts. Layers of the user's own lie at AWS:
    if there are only those, the folder is empty, as the module makes no layer of dependencies.

    Args:
        values: what read_tfvars returned.
        path: the file of values.

    Raises:
        TaskctlError: the zip file is not there, or is not a zip file.
    """
    if values["layer_dir"]:
        yield path.parent / values["layer_dir"]
    elif not values["layer_zip"] and not values["layers"]:
        yield path.parent / module_folder(path).resolve() / "layer"
    else:
        with tempfile.TemporaryDirectory(prefix="taskctl-") as folder:
            if values["layer_zip"]:
                _unpack(path.parent / values["layer_zip"], folder)
            yield Path(folder)


def warn_of_layers(values: dict[str, Any]) -> list[str]:
    """Return a warning if packages may be in layers that only AWS has.

    Args:
        values: what read_tfvars returned.
    """
    if not values["layers"]:
        return []
    return [
        "layers are not read: task code was imported without the packages in them, and a file "
        "that needs one does not import here"
    ]


def _unpack(archive: Path, folder: str) -> None:
    try:
        with ZipFile(archive) as packed:
            packed.extractall(folder)
    except FileNotFoundError as error:
        raise TaskctlError(f"layer_zip {archive}: no such file") from error
    except (BadZipFile, OSError) as error:
        raise TaskctlError(f"layer_zip {archive} must be a zip file: {error}") from error
