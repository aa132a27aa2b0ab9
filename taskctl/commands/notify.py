"""`taskctl notify`: send a test message to the targets of notifications."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from task_scheduler.errors import NoTargets
from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.targets import Address, choose, parse, target_of
from taskctl import aws
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted
from taskctl.ui.tables import Column, print_table

SECONDS = 15.0
"""The longest wait for a service."""

_COLUMNS = [
    Column(key="name", heading="Target"),
    Column(key="service", heading="Service"),
    Column(key="result", heading="Result", style=lambda row: "" if row["ok"] else "red"),
]


def notify(
    test: Annotated[
        bool, typer.Option("--test", help="Send a test message; there is nothing else to do yet.")
    ] = False,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Only to the target of this name; as often as needed."),
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Send a test message to the targets of notifications.

    The parameter or the secret of `notify` is read with your credentials, and the message is sent
    from this machine. Each target is a row; its address is never shown. An incident service opens
    an incident and resolves it at once. The exit code is 1 if a target did not take the message.

    \b
    Examples:
      taskctl notify --test
      taskctl notify --test --to ops --yes
    """
    if not test:
        raise TaskctlError("say what to send: --test sends a test message")
    stack = find_stack(prefix, root)
    addresses = _addresses(stack, to)
    confirm(f"Send a test message to {counted(len(addresses), 'target')}?", yes=yes)
    rows = [_test(address, stack.prefix) for address in addresses]
    print_table(_COLUMNS, rows, as_json=as_json)
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def _addresses(stack: Stack, names: Sequence[str] | None) -> list[Address]:
    """Return the addresses of a stack's targets, or of those that are named.

    Raises:
        TaskctlError: there are none, or one that is named is not among them.
    """
    place, text = _read(stack)
    try:
        known = parse(text)
    except NoTargets as error:
        raise TaskctlError(f"{place}: {error}") from error
    addresses, unknown = choose(known, names or None)
    if unknown:
        near = did_you_mean(unknown[0], {address.name for address in known if address.name})
        raise TaskctlError(f"{place} has no target {unknown[0]!r}{near}")
    if not addresses:
        raise TaskctlError(f"{place} holds no address of a service")
    return addresses


def _read(stack: Stack) -> tuple[str, str]:
    """Return where the addresses of a stack are, and the text there.

    Raises:
        TaskctlError: the stack notifies nobody, or there is no access to it.
    """
    stack.check_exists()
    with aws.explained():
        function = aws.client("lambda").get_function_configuration(FunctionName=stack.run_task)
    variables = function.get("Environment", {}).get("Variables", {})
    readers: dict[str, tuple[str, Callable[[str], str]]] = {
        "NOTIFY_SSM_PARAMETER": ("SSM parameter", _read_parameter),
        "NOTIFY_SECRET": ("secret", _read_secret),
    }
    for variable, (kind, read) in readers.items():
        if name := variables.get(variable):
            return f"{kind} {name}", read(name)
    raise TaskctlError(f"the stack {stack.prefix!r} notifies nobody: it was applied without notify")


def _read_parameter(name: str) -> str:
    ssm = aws.client("ssm")
    try:
        with aws.explained():
            return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound as error:
        raise TaskctlError(f"no SSM parameter {name} in {aws.describe_place()}") from error


def _read_secret(name: str) -> str:
    secrets = aws.client("secretsmanager")
    try:
        with aws.explained():
            secret = secrets.get_secret_value(SecretId=name)
    except secrets.exceptions.ResourceNotFoundException as error:
        place = aws.describe_place()
        raise TaskctlError(f"no secret {name} with a value in {place}") from error
    return str(
        secret["SecretString"] if "SecretString" in secret else secret["SecretBinary"].decode()
    )


def _test(address: Address, prefix: str) -> dict[str, Any]:
    """Send the message to one target; return its row."""
    row = {"name": address.label, "service": None, "ok": False}
    target = target_of(address, sender=prefix)
    if target is None:
        return row | {"result": "no service that Apprise knows"}
    from task_scheduler.notifications.delivery import deliver

    for message in _messages(address, prefix):
        for problem in deliver([target], message, time.monotonic() + SECONDS):
            return row | {"service": target.service, "result": problem.reason}
    result = "ok, opened and resolved" if address.is_incident_service else "ok"
    return row | {"service": target.service, "ok": True, "result": result}


def _messages(address: Address, prefix: str) -> Iterator[ChatMessage]:
    text = f"A test message of the stack {prefix}, sent by `taskctl notify --test`."
    for is_failing in (True, False) if address.is_incident_service else (False,):
        yield ChatMessage(
            title=f"✓ {prefix}: test", text=text.replace("`", ""), markdown=text,
            incident=f"{prefix}/taskctl notify --test", is_failing=is_failing,
        )  # fmt: skip
