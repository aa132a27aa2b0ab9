"""The stand-in for hashicorp/archive: the data source archive_file, for zip archives."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path

from ..errors import ProviderError
from ..provider import DataSource, Resource, State
from ..schema import Block, load
from .folder import entries
from .zip import Entry, write

_DEFAULT_MODE = 0o644


class ArchiveFile:
    block = load(Path(__file__).with_name("archive_file.json"))

    def validate(self, config: State) -> None:
        pass

    def read(self, config: State) -> State:
        try:
            content = write(Path(config["output_path"]), list(_entries(config)))
        except OSError as error:
            raise ProviderError(
                f"creating archive {config['output_path']}: {error.strerror}: {error.filename}"
            ) from error
        sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        sha256, sha512 = hashlib.sha256(content), hashlib.sha512(content)
        return {
            **config,
            "id": sha1,
            "output_base64sha256": b64encode(sha256.digest()).decode(),
            "output_base64sha512": b64encode(sha512.digest()).decode(),
            "output_md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "output_sha": sha1,
            "output_sha256": sha256.hexdigest(),
            "output_sha512": sha512.hexdigest(),
            "output_size": len(content),
        }


def _entries(config: State) -> list[Entry]:
    mode = int(config["output_file_mode"], 8) if config["output_file_mode"] else None
    if config["source_dir"]:
        found = entries(
            Path(config["source_dir"]),
            config["excludes"] or [],
            follow_folders=not config["exclude_symlink_directories"],
        )
        return [Entry(name, path.read_bytes(), _mode(path, mode)) for name, path in found]
    if config["source_file"]:
        path = Path(config["source_file"])
        return [Entry(path.name, path.read_bytes(), _mode(path, mode))]
    if config["source_content_filename"]:
        sources = [(config["source_content_filename"], config["source_content"])]
    else:
        sources = sorted((s["filename"], s["content"]) for s in config["source"])
    return [Entry(name, text.encode(), mode or _DEFAULT_MODE) for name, text in sources]


def _mode(path: Path, wanted: int | None) -> int:
    return wanted if wanted is not None else path.stat().st_mode & 0o7777


class ArchiveProvider:
    block = Block()
    resources: dict[str, Resource] = {}
    data_sources: dict[str, DataSource] = {"archive_file": ArchiveFile()}

    def configure(self, config: State) -> None:
        pass
