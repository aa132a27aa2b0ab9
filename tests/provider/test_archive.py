"""archive_file: the same bytes wherever and whenever, without what is excluded."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local.provider.archive import ArchiveFile
from task_scheduler_local.provider.errors import ProviderError


def _read(output: Path, **arguments: Any) -> dict[str, Any]:
    config = {
        **dict.fromkeys(ArchiveFile.block.attributes),
        "source": [],
        "type": "zip",
        "output_path": str(output),
        **arguments,
    }
    return ArchiveFile().read(config)


def _names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


def _fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_path_time_and_umask_make_no_difference(tmp_path: Path) -> None:
    hashes = set()
    for place, umask, time in (("a", 0o022, 10**9), ("b c/d", 0o077, 2 * 10**9)):
        before = os.umask(umask)
        try:
            folder = _fill(tmp_path / place, "z.py", "sub/y.py", "sub.txt", "é.txt")
        finally:
            os.umask(before)
        for path in folder.rglob("*"):
            os.utime(path, (time, time))
        (folder / "z.py").chmod(0o755 if umask == 0o022 else 0o600)
        out = tmp_path / "out" / f"{umask}.zip"
        read = _read(out, source_dir=str(folder), output_file_mode="0644")
        hashes.add(read["output_base64sha256"])
        times = {info.date_time for info in zipfile.ZipFile(out).infolist()}
        assert times == {(2049, 1, 1, 0, 0, 0)}
    assert len(hashes) == 1


def test_without_a_mode_files_keep_theirs(tmp_path: Path) -> None:
    folder = _fill(tmp_path / "in", "run", "read")
    (folder / "run").chmod(0o755)
    (folder / "read").chmod(0o640)
    _read(tmp_path / "out.zip", source_dir=str(folder))
    packed = zipfile.ZipFile(tmp_path / "out.zip").infolist()
    modes = {info.filename: info.external_attr >> 16 & 0o777 for info in packed}
    assert modes == {"run": 0o755, "read": 0o640}


def test_every_hash_is_that_of_the_file(tmp_path: Path) -> None:
    folder = _fill(tmp_path / "in", "a")
    read = _read(tmp_path / "out.zip", source_dir=str(folder))
    content = (tmp_path / "out.zip").read_bytes()
    assert read["output_size"] == len(content)
    assert read["output_md5"] == hashlib.md5(content).hexdigest()
    assert read["output_sha"] == read["id"] == hashlib.sha1(content).hexdigest()
    for name in ("sha256", "sha512"):
        digest = hashlib.new(name, content).digest()
        assert read[f"output_{name}"] == digest.hex()
        assert read[f"output_base64{name}"] == base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("**/__pycache__/**", ["a.py", "b/c.pyc", "b/d.txt", "d.txt"]),
        ("**/*.pyc", ["a.py", "b/d.txt", "d.txt"]),
        ("__pycache__", ["a.py", "b/__pycache__/c.pyc", "b/c.pyc", "b/d.txt", "d.txt"]),
        ("b", ["__pycache__/a.pyc", "a.py", "d.txt"]),
        ("*.txt", ["__pycache__/a.pyc", "a.py", "b/__pycache__/c.pyc", "b/c.pyc", "b/d.txt"]),
        ("b/**", ["__pycache__/a.pyc", "a.py", "d.txt"]),
        ("?.py", ["__pycache__/a.pyc", "b/__pycache__/c.pyc", "b/c.pyc", "b/d.txt", "d.txt"]),
        ("**/[!d].{py,pyc}", ["b/d.txt", "d.txt"]),
        ("", ["__pycache__/a.pyc", "a.py", "b/__pycache__/c.pyc", "b/c.pyc", "b/d.txt", "d.txt"]),
    ],
)
def test_globs_exclude(tmp_path: Path, glob: str, left: list[str]) -> None:
    folder = _fill(
        tmp_path / "in",
        *("a.py", "d.txt", "__pycache__/a.pyc", "b/c.pyc", "b/d.txt", "b/__pycache__/c.pyc"),
    )
    _read(tmp_path / "out.zip", source_dir=str(folder), excludes=[glob])
    assert _names(tmp_path / "out.zip") == left


def test_links_are_followed(tmp_path: Path) -> None:
    _fill(tmp_path, "elsewhere/file", "elsewhere/folder/inner")
    folder = _fill(tmp_path / "in", "own")
    (folder / "file").symlink_to(tmp_path / "elsewhere" / "file")
    (folder / "folder").symlink_to(tmp_path / "elsewhere" / "folder")
    _read(tmp_path / "out.zip", source_dir=str(folder))
    assert _names(tmp_path / "out.zip") == ["file", "folder/inner", "own"]
    assert zipfile.ZipFile(tmp_path / "out.zip").read("file") == b"elsewhere/file"
    _read(tmp_path / "out.zip", source_dir=str(folder), exclude_symlink_directories=True)
    assert _names(tmp_path / "out.zip") == ["file", "own"]


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    folder = _fill(tmp_path / "in", "own")
    (folder / "lost").symlink_to("nowhere")
    with pytest.raises(ProviderError, match="lost: the link leads nowhere"):
        _read(tmp_path / "out.zip", source_dir=str(folder))
    assert not (tmp_path / "out.zip").exists()


def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in" / "empty").mkdir(parents=True)
    with pytest.raises(ProviderError, match="as it would be empty"):
        _read(tmp_path / "out.zip", source_dir=str(tmp_path / "in"))
    with pytest.raises(ProviderError, match="missing directory"):
        _read(tmp_path / "out.zip", source_dir=str(tmp_path / "missing"))


def test_single_files_and_texts_are_packed(tmp_path: Path) -> None:
    _fill(tmp_path, "file")
    _read(tmp_path / "a.zip", source_file=str(tmp_path / "file"))
    _read(tmp_path / "b.zip", source_content="text", source_content_filename="sub/name")
    _read(
        tmp_path / "c.zip",
        source=[{"filename": "z", "content": "1"}, {"filename": "a", "content": "2"}],
    )
    assert _names(tmp_path / "a.zip") == ["file"]
    assert _names(tmp_path / "b.zip") == ["sub/name"]
    assert _names(tmp_path / "c.zip") == ["a", "z"]


def test_a_file_that_is_missing_is_told_in_one_sentence(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(ProviderError, match=f"No such file or directory: {missing}$"):
        _read(tmp_path / "out.zip", source_file=str(missing))
