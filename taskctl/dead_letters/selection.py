"""Selection of dead letters, by ids or by their content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from taskctl.dead_letters.dead_letter import SHORT_ID, DeadLetter
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.errors import TaskctlError

_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The conditions for a dead letter to be selected; by default all are.

    Attributes:
        ids: beginnings of ids; one of them must be its own.
        schedule: the name of its schedule.
        reason: a part of its reason, in capitals or not.
        since: it is not older.
        run: the key of the run that it belongs to.
    """

    ids: tuple[str, ...] = ()
    schedule: str | None = None
    reason: str | None = None
    since: datetime | None = None
    run: str | None = None

    @property
    def is_all(self) -> bool:
        """True if no dead letter is left out."""
        return self == Selection()

    def has(self, dead_letter: DeadLetter) -> bool:
        """Return True if a dead letter is meant."""
        contents = dead_letter.contents
        return (
            (not self.ids or dead_letter.id.startswith(self.ids))
            and self.schedule in (None, contents.schedule)
            and (self.reason or "").casefold() in contents.reason.casefold()
            and (self.since is None or dead_letter.time >= self.since)
            and self.run in (None, contents.run)
        )

    def describe(self) -> str:
        """Return what is meant in a few words: "the dead letters of nightly"."""
        if self.ids:
            what = "1 dead letter" if len(self.ids) == 1 else f"{len(self.ids)} dead letters"
        else:
            what = "all dead letters" if self.is_all else "the dead letters"
        parts = [
            f"of {self.schedule}" if self.schedule else None,
            f"of {self.run}" if self.run else None,
            f"whose reason has {self.reason!r}" if self.reason else None,
            f"since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else None,
        ]
        return " ".join(filter(None, [what, *parts]))


def resolve_ids(urls: Iterable[str], ids: Iterable[str]) -> tuple[str, ...]:
    """Return ids in which those that are shorter than what is shown are made whole.

    Args:
        urls: the URLs of the dead-letter queues.
        ids: beginnings of ids.

    Raises:
        TaskctlError: no dead letter has one of them, or several have; or there is no access.
    """
    ids = tuple(ids)
    if all(len(id_) >= SHORT_ID for id_ in ids):
        return ids
    known = sorted({found for url in urls for found in _read_ids(url)})
    return tuple(_resolve(id_, known) for id_ in ids)


def no_dead_letter(ids: Sequence[str], source: Path | None = None) -> TaskctlError:
    """Return the error for ids that no dead letter has, on the queues or in a file."""
    missing = " or ".join(ids)
    if source:
        return TaskctlError(f"no dead letter {missing} in {source}")
    return TaskctlError(f"no dead letter {missing}; `taskctl failed` lists them")


def _read_ids(url: str) -> Iterable[str]:
    with DeadLetterQueue(url) as queue:
        for dead_letters in queue.receive(before=datetime.max.replace(tzinfo=UTC)):
            for dead_letter in dead_letters:
                yield dead_letter.id


def _resolve(id_: str, known: Iterable[str]) -> str:
    found = [one for one in known if one.startswith(id_)]
    if id_ and len(found) == 1:
        return found[0]
    if not found:
        raise no_dead_letter([id_])
    named = ", ".join(one[:SHORT_ID] for one in found[:_MOST_NAMED])
    more = " and others" if len(found) > _MOST_NAMED else ""
    raise TaskctlError(f"{id_!r} is the beginning of several ids: {named}{more}")
