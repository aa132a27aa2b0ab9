"""`make demo`: the whole system at work on this machine, from a schedule to its tasks' outcomes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import EndpointConnectionError, HTTPClientError
from rich.console import Console
from rich.text import Text

from task_scheduler.outcome import Outcome
from task_scheduler_local import LocalError, terraform
from task_scheduler_local.chat import Chat, serving
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client, leftovers
from taskctl.errors import TaskctlError
from taskctl.runs.log_lines import LogLine, TaskLine, line_text, read_log_lines
from taskctl.runs.reader import RunReader
from taskctl.runs.run_table import columns, run_rows
from taskctl.stack.stack import Stack
from taskctl.ui.tables import print_table

_PAST = "it lies in the past"  # in the provider's error

_LEADS_SECONDS = (8, 40, 120)  # until the schedules are due; a slow machine needs another try
_PATIENCE_SECONDS = 120
_POLL_SECONDS = 0.3
_CHAT_SECONDS = 20  # more than run_task waits for a chat service

_LEEWAY = timedelta(seconds=5)  # between this process's clock and the emulator's

_PREFIX = "hello"  # of the example's stack
_PARAMETER = "/hello/chat"
_PARAMETER_VARIABLE = f"-var=chat_parameter={_PARAMETER}"

console = Console(highlight=False)


def main() -> bool:
    """Run the demo; whether every task came to the outcome that the example states."""
    console.print("Schedule -> send_task -> queue -> run_task -> chat, all on this machine.\n")
    with Emulator() as emulator, serving() as chat, terraform.workspace() as module:
        root = module / "examples" / "hello"
        _use(emulator)
        with terraform.attached(root, emulator.environment()) as aws:
            return _run(emulator, chat, root, aws)


def _use(emulator: Emulator) -> None:
    """Make the emulator the AWS of this process, which taskctl finds in its environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(emulator.environment())


def _run(emulator: Emulator, chat: Chat, root: Path, aws: Mapping[str, str]) -> bool:
    ssm = client("ssm", aws)
    ssm.put_parameter(Name=_PARAMETER, Type="SecureString", Value=chat.url)
    due = _apply(root, aws)
    outputs = {
        name: output["value"]
        for name, output in json.loads(terraform.run(root, aws, "output", "-json")).items()
    }
    expected: dict[str, dict[str, int]] = outputs["expected_outcomes"]
    names = outputs["task_scheduler"]
    seen = _watch(emulator, Stack(_PREFIX), due, expected)
    _show_dead_letters(aws, names["tasks_dead_letter_queue"])
    is_notified = _show_chat(
        chat, {name for name, counts in expected.items() if counts.get("failed")}
    )
    with _progress("Destroying it all"):
        terraform.run(root, aws, "destroy", "-auto-approve", "-input=false", _PARAMETER_VARIABLE)
    ssm.delete_parameter(Name=_PARAMETER)
    if left := leftovers(aws):
        raise LocalError(f"destroy left behind: {', '.join(left)}")
    console.print("Nothing is left: no queue, function, schedule, role, layer or log group.")
    return _judge(seen, expected) and is_notified


def _apply(root: Path, aws: Mapping[str, str]) -> datetime:
    """Apply the example with schedules that are due soon after; returns when."""
    with _progress("Starting Terraform"):
        terraform.run(root, aws, "init", "-input=false")
    for lead in _LEADS_SECONDS:
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=lead)
        expression = f"at({due:%Y-%m-%dT%H:%M:%S})"
        try:
            with _progress("Applying examples/hello to an AWS emulator"):
                terraform.run(
                    root,
                    aws,
                    "apply",
                    "-auto-approve",
                    "-input=false",
                    f"-var=expression={expression}",
                    _PARAMETER_VARIABLE,
                )
            break
        except LocalError as error:
            # As AWS does, the provider refuses a time that is past when the schedule is created.
            if _PAST not in str(error) or lead == _LEADS_SECONDS[-1]:
                raise
            console.print(f"It took longer than the {lead} s until the schedules were due: again.")
    return due


def _watch(
    emulator: Emulator,
    stack: Stack,
    due: datetime,
    expected: Mapping[str, Mapping[str, int]],
) -> Mapping[str, Counter[str]]:
    """Show what the functions log as it comes, then all runs; return when all are over, or late.

    Returns:
        How many tasks of each schedule had which outcome.
    """
    lines: list[LogLine] = []
    reader = RunReader(stack)
    wanted = {schedule: sum(counts.values()) for schedule, counts in expected.items()}
    deadline = time.monotonic() + _PATIENCE_SECONDS
    console.print(
        f"\n{len(wanted)} schedules are due at {due:%H:%M:%S} UTC; the emulator looks every 10 s.\n"
    )
    while time.monotonic() < deadline:
        emulator.check()
        before, lines = set(lines), read_log_lines(stack, since=due - _LEEWAY)
        for line in lines:
            if line not in before:
                console.print(Text(line_text(line)), soft_wrap=True)
        counts = count_outcomes(lines)
        runs = reader.runs(since=due - _LEEWAY)
        are_over = {run.schedule for run in runs if run.is_over} >= wanted.keys()
        if are_over and all(counts.get(name, Counter()).total() >= n for name, n in wanted.items()):
            break
        time.sleep(_POLL_SECONDS)
    console.print("\nThe runs, as `taskctl runs SCHEDULE` shows them:\n")
    ends = reader.kept_ends_of(runs)
    print_table(columns(), [row for run in runs for row in run_rows(run, ends[run.key])])
    return count_outcomes(lines)


def count_outcomes(lines: Iterable[LogLine]) -> dict[str, Counter[str]]:
    """Count the outcomes of tasks by schedule; tasks that are still under way do not count."""
    tasks = {line.id: line for line in lines
             if isinstance(line, TaskLine) and line.outcome != Outcome.DUPLICATE}  # fmt: skip
    counts: dict[str, Counter[str]] = {}
    for task in tasks.values():
        of_schedule = counts.setdefault(task.schedule or "", Counter())
        if task.outcome != Outcome.RETRY:
            of_schedule[task.outcome] += 1
    return counts


def _show_dead_letters(aws: Mapping[str, str], queue: Mapping[str, str]) -> None:
    received = client("sqs", aws).receive_message(
        QueueUrl=queue["url"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    for message in received.get("Messages", []):
        attributes = {name: v["StringValue"] for name, v in message["MessageAttributes"].items()}
        console.print(f"\nDead letter in {queue['name']}", style="bold")
        for name, value in [*sorted(attributes.items()), ("message", message["Body"])]:
            console.print(Text(f"  {name:15}{value}"), soft_wrap=True)
    console.print()


def _show_chat(chat: Chat, failing: set[str]) -> bool:
    """Show what arrived in chat; return true if it names every schedule that fails."""
    deadline = time.monotonic() + _CHAT_SECONDS
    while True:
        messages = list(chat.messages)
        named = {name for name in failing for text in messages if f"{name}: " in text}
        if named == failing or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    for number, text in enumerate(messages, start=1):
        title, *lines = text.splitlines()
        console.print(f"Chat message {number} of {len(messages)}", style="bold")
        for line in [title, *lines]:
            console.print(Text(f"  {line}"), soft_wrap=True)
        console.print()
    for name in sorted(failing - named):
        console.print(f"No chat message says that {name} failed.")
    return named == failing


def _judge(seen: Mapping[str, Counter[str]], expected: Mapping[str, Mapping[str, int]]) -> bool:
    """Report how many tasks had the outcome that the example states; return true if all did."""
    stated = {schedule: Counter(dict(counts)) for schedule, counts in expected.items()}
    nothing: Counter[str] = Counter()
    wrong = [name for name in {**stated, **seen} if stated.get(name) != seen.get(name)]
    for name in wrong:
        wanted, saw = stated.get(name, nothing), seen.get(name, nothing)
        console.print(f"{name}: expected {_in_words(wanted)}, saw {_in_words(saw)}")
    right = sum((seen.get(name, nothing) & counts).total() for name, counts in stated.items())
    all_stated = sum(stated.values(), nothing)
    console.print(
        f"{right} of {all_stated.total()} tasks had the outcome that the example states "
        f"({_in_words(all_stated)}).",
        soft_wrap=True,
    )
    return not wrong


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())) or "nothing"


@contextmanager
def _progress(what: str) -> Iterator[None]:
    console.print(f"{what} ... ", end="")
    start = time.monotonic()
    try:
        yield
    except BaseException:
        console.print("stopped")
        raise
    console.print(f"{time.monotonic() - start:.1f} s")


def _end(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(0 if main() else 1)
    except LocalError as error:
        sys.exit(f"The demo failed: {error}")
    except (EndpointConnectionError, HTTPClientError, TaskctlError) as error:
        sys.exit(f"The demo failed: the emulator no longer answers: {error}")
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        sys.exit(130)
