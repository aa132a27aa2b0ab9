"""Changes of files, by watchfiles, which waits for the last of a burst of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from watchfiles import Change, DefaultFilter, watch

_DEBOUNCE_MS = 300
"""The longest that changes are collected: an editor writes, renames and touches."""
_STEP_MS = 50
_STOP_MS = 200

Changed = Callable[[set[Path]], None]


_FILTER = DefaultFilter()


def is_watched(path: Path, folders: Iterable[Path]) -> bool:
    """Return False for what no archive has: hidden files, caches, what editors leave.

    Args:
        path: the path of a file.
        folders: the folders that are watched.
    """
    own = [folder for folder in folders if path.is_relative_to(folder)]
    names = path.relative_to(own[0]).parts if own else (path.name,)
    return _FILTER(Change.modified, str(path)) and not any(name.startswith(".") for name in names)


@contextmanager
def watching(folders: Iterable[Path], changed: Changed, *, recursive: bool) -> Iterator[None]:
    """Call a function with the paths that change in folders, in a thread, for the block's length.

    They are watched when the block begins.

    Args:
        folders: absolute; those that are not there are not watched.
        changed: called with the paths of a burst of changes.
        recursive: with all that is in them.
    """
    there = [folder for folder in folders if folder.is_dir()]
    begun, stop = Event(), Event()
    thread = Thread(target=_watch, args=(there, changed, recursive, begun, stop), daemon=True)
    if there:
        thread.start()
        begun.wait()
    try:
        yield
    finally:
        stop.set()
        if there:
            thread.join()


def _watch(
    folders: list[Path], changed: Changed, recursive: bool, begun: Event, stop: Event
) -> None:
    try:
        for changes in watch(
            *folders,
            watch_filter=lambda _, path: is_watched(Path(path), folders),
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_STOP_MS,
            stop_event=stop,
            recursive=recursive,
            raise_interrupt=False,
            yield_on_timeout=True,
        ):
            begun.set()
            if changes:
                changed({Path(path) for _, path in changes})
    finally:
        begun.set()  # whatever became of it: nobody is to wait for ever
