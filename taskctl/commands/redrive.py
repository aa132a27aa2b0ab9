"""`taskctl redrive`: dead letters are sent again.

SQS's own StartMessageMoveTask would put them back as they are: with the id of a task that has come
to its end, and a run's event onto no queue at all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from task_scheduler.errors import NotSent
from task_scheduler.queue.sending import Entry, send_batch
from task_scheduler.queue.serialization import sendable
from taskctl import aws
from taskctl.dead_letters.dead_letter import SHORT_ID, DeadLetter, Kind
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.errors import TaskctlError
from taskctl.runs.history import AGAIN
from taskctl.stack.invoke import invoke_later
from taskctl.stack.stack import Stack, find_stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted, note, print_json, say


def redrive(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Dead letters, by their ids; otherwise all.")
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Sends dead letters again: mend what they failed at first.

    A task goes back onto the queue under a new id. A run is invoked again, from where its list
    broke off if that is known, under its old key, so that with deduplication nothing is done
    twice. A line is read again from its list, as that is now, and sent alone. What cannot be sent
    again is left where it is.

    Each dead letter is deleted after its contents were sent, and none before. If this is
    interrupted, the rest still lies there; one dead letter at most was sent and not deleted,
    and sending it once more gives it the same id.

    \b
    Examples:
      taskctl redrive 1a2b3c4d 5e6f7a8b
      taskctl redrive --yes                all of them
    """
    wanted = ids or []
    for id_ in wanted:
        if len(id_) < SHORT_ID:
            raise TaskctlError(f"id {id_!r}: give the {SHORT_ID} characters that `failed` shows")
    stack = find_stack(prefix, root)
    stack.schedule_names()  # says so if there is no such stack
    redriver = _Redriver(stack, wanted)
    _ask(stack, wanted, yes=yes)
    try:
        redriver.run()
    finally:
        redriver.tell(as_json=as_json)
    if missing := redriver.missing:
        raise TaskctlError(f"no dead letter {' or '.join(missing)}; `taskctl failed` lists them")
    if redriver.left:
        raise typer.Exit(1)


def _ask(stack: Stack, wanted: list[str], *, yes: bool) -> None:
    if wanted:
        what = counted(len(wanted), "dead letter")
    else:
        urls = (stack.runs_dead_letter_url, stack.tasks_dead_letter_url)
        total = sum(DeadLetterQueue(url).count() for url in urls)
        what = f"all dead letters (about {total})"
    confirm(f"Send {what} of the stack {stack.prefix!r} again?", yes=yes)


class _Redriver:
    """Sends the letters of a stack again, and counts them."""

    def __init__(self, stack: Stack, wanted: list[str]) -> None:
        self.left: list[tuple[DeadLetter, str]] = []
        self._stack = stack
        self._wanted = wanted
        self._found: set[str] = set()
        self._sent: Counter[Kind] = Counter()
        self._inputs: dict[str, dict[str, Any]] = {}

    @property
    def missing(self) -> list[str]:
        """The ids that no dead letter has."""
        return [id_ for id_ in self._wanted if id_ not in self._found]

    def run(self) -> None:
        """Sends again what was there when it began: not what fails once more meanwhile."""
        before = datetime.now(UTC)
        for url in (self._stack.runs_dead_letter_url, self._stack.tasks_dead_letter_url):
            with DeadLetterQueue(url) as queue:
                for dead_letters in queue.receive(before=before):
                    for dead_letter in filter(self._is_wanted, dead_letters):
                        self._send(queue, dead_letter)
                    if self._wanted and not self.missing:
                        break

    def tell(self, *, as_json: bool) -> None:
        """Prints what was sent, and what was not and why."""
        if as_json:
            left = [
                {"id": dead_letter.short_id, "reason": reason} for dead_letter, reason in self.left
            ]
            print_json({"sent": dict(self._sent), "left": left, "missing": self.missing})
            return
        counts = [
            f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in self._sent.items()
        ]
        say(f"Sent again: {', '.join(counts) or 'nothing'}.")
        for dead_letter, reason in self.left:
            note(f"{dead_letter.short_id} is left where it is: {reason}")

    def _is_wanted(self, dead_letter: DeadLetter) -> bool:
        names = {id_ for id_ in self._wanted if dead_letter.id.startswith(id_)}
        self._found |= names
        return not self._wanted or bool(names)

    def _send(self, queue: DeadLetterQueue, dead_letter: DeadLetter) -> None:
        """Send one dead letter and delete it before the next: ten may exceed a request."""
        try:
            if not dead_letter.can_be_sent:
                raise NotSent(f"{dead_letter.outcome or dead_letter.kind}: {dead_letter.reason}")
            if dead_letter.kind is Kind.TASK:
                self._send_task(dead_letter)
            else:
                self._send_run(dead_letter)
        except NotSent as error:
            self.left.append((dead_letter, str(error)))
            return
        queue.delete(dead_letter)
        self._sent[dead_letter.kind] += 1

    def _send_task(self, dead_letter: DeadLetter) -> None:
        with aws.explained():
            send_batch(aws.client("sqs"), self._stack.queue_url, [_entry(dead_letter, self._stack)])

    def _send_run(self, dead_letter: DeadLetter) -> None:
        event: dict[str, Any] = dict(dead_letter.event)
        if dead_letter.needs_input:
            try:
                event = {**self._input(dead_letter.schedule or ""), **event}
            except TaskctlError as error:
                raise NotSent(str(error)) from error
        invoke_later(self._stack.send_task, event)

    def _input(self, schedule: str) -> dict[str, Any]:
        if schedule not in self._inputs:
            self._inputs[schedule] = dict(self._stack.schedule(schedule).input)
        return self._inputs[schedule]


def _entry(dead_letter: DeadLetter, stack: Stack) -> Entry:
    """A task's message, under an id that says which dead letter it comes from."""
    body = dead_letter.body
    try:
        envelope = json.loads(body)
    except ValueError:
        envelope = None
    if isinstance(envelope, dict):  # otherwise a text typed by hand: its id is SQS's
        run, _, position = envelope["id"].rpartition("#")
        run = run.partition(AGAIN)[0]
        envelope["id"] = f"{run}{AGAIN}{dead_letter.short_id}#{position}"
        body = sendable(json.dumps(envelope, ensure_ascii=False))
    if not stack.queue_url.endswith(".fifo"):
        return Entry(body)
    name = envelope["id"] if isinstance(envelope, dict) else dead_letter.id
    return Entry(
        body,
        message_group=dead_letter.message_group,
        deduplication_id=hashlib.sha256(name.encode()).hexdigest(),
    )
