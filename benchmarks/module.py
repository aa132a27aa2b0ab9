"""The growth of plan, apply and state with the number of schedules, and of the bare resource."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, alternate
from benchmarks.sizes import Sizes
from task_scheduler_local import terraform
from task_scheduler_local.emulator import REGION, Emulator
from task_scheduler_local.leftovers import client

_COMMANDS = {
    "plan": ["plan"],
    "apply": ["apply", "-auto-approve"],
    "plan with nothing to do": ["plan", "-detailed-exitcode"],  # fails where there is something
    "destroy": ["destroy", "-auto-approve"],
}
_BUCKET = "terraform-state"
_LINEAR = 1.25
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")
_NEVER = "2100-01-01T00:00:00Z"  # a run under way would make its log group again after destroy
_DAYS = ("*", "MON", "MON-FRI", "SAT,SUN")

# The least that Terraform can do with the same schedules. for_each goes through texts here, too.
_BARE = {
    "variable": {"schedules": {}},
    "locals": {"inputs": "${{for name, schedule in var.schedules : name => jsonencode(schedule)}}"},
    "resource": {
        "aws_scheduler_schedule": {
            "this": {
                "for_each": "${local.inputs}",
                "name": "${each.key}",
                "schedule_expression": "${var.schedules[each.key].expression}",
                "schedule_expression_timezone": "${var.schedules[each.key].timezone}",
                "start_date": "${var.schedules[each.key].start_date}",
                "flexible_time_window": {"mode": "OFF"},
                "target": {
                    "arn": f"arn:aws:lambda:{REGION}:000000000000:function:send-task",
                    "role_arn": "arn:aws:iam::000000000000:role/scheduler",
                    "input": "${each.value}",
                    "retry_policy": {"maximum_retry_attempts": 3},
                    "dead_letter_config": {
                        "arn": f"arn:aws:sqs:{REGION}:000000000000:dead-letters"
                    },
                },
            }
        }
    },
}


@dataclass(frozen=True)
class Life:
    """The cost of creating schedules and of destroying them.

    Attributes:
        seconds, cpu_seconds: of each command; the latter are Terraform's own, of all threads.
        provider_cpu_seconds: the CPU seconds of the stand-in provider, in all commands and with its
            start.
        state_bytes, resources: what there was in between.
    """

    seconds: Mapping[str, float]
    cpu_seconds: Mapping[str, float]
    provider_cpu_seconds: float
    state_bytes: int
    resources: int

    @property
    def growing(self) -> dict[str, float]:
        """The values that should grow linearly."""
        return {**self.cpu_seconds, "state": self.state_bytes}


def measure(emulator: Emulator, sizes: Sizes) -> Iterator[Figure]:
    """Measure real Terraform with the stand-in provider; states are on the emulator's S3."""
    aws = emulator.environment()
    client("s3", aws).create_bucket(Bucket=_BUCKET)
    with terraform.workspace() as module:
        bare = module / "bare"
        bare.mkdir()
        (bare / "main.tf.json").write_text(json.dumps(_BARE))
        for root in (module, bare):
            (root / "backend.tf.json").write_text(json.dumps(_backend(root.name)))
            with terraform.attached(root, aws) as attached:
                terraform.run(root, attached, "init", "-input=false")
        version = json.loads(terraform.run(module, aws, "version", "-json"))["terraform_version"]
        lives = {
            number: alternate(
                sizes.rounds,
                partial(live, module, aws, schedules(number)),
                partial(live, bare, aws, schedules(number)),
            )
            for number in sizes.schedules
        }
    for number, (ours, yardstick) in lives.items():
        yield from _figures(number, ours, yardstick)
    yield from growths(lives, f"CPU time of Terraform {version}")


def schedules(number: int) -> dict[str, dict[str, Any]]:
    """Make schedules for that many customers: expression, time zone and tasks."""
    return {
        f"customer-{index:04}": {
            "expression": f"cron({index % 60} {index // 60 % 24} ? * {_DAYS[index % 4]} *)",
            "timezone": _ZONES[index % 4],
            "start_date": _NEVER,
        }
        | (
            {"task": "report", "args": {"customer": f"customer {index}", "currency": "EUR"}}
            if index % 2
            else {"tasks": [f"Hello {number} of customer {index}!" for number in range(3)]}
        )
        for index in range(number)
    }


def live(root: Path, aws: Mapping[str, str], variable: Mapping[str, Any]) -> Life:
    """Plan, apply, plan again and destroy a root module that is initialised."""
    (root / "terraform.tfvars.json").write_text(json.dumps({"schedules": variable}))
    seconds, cpu_seconds = {}, {}
    with terraform.attached(root, aws) as attached:
        for name, command in _COMMANDS.items():
            begun, cpu_begun = time.perf_counter(), _cpu_seconds()
            terraform.run(root, attached, *command, "-input=false")
            seconds[name] = time.perf_counter() - begun
            cpu_seconds[name] = _cpu_seconds() - cpu_begun
            if name == "apply":
                state = terraform.run(root, attached, "state", "pull")
        without_provider = _cpu_seconds()
    return Life(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        provider_cpu_seconds=_cpu_seconds() - without_provider,
        state_bytes=len(state.encode()),
        resources=sum(
            len(found["instances"])
            for found in json.loads(state)["resources"]
            if found["mode"] == "managed"
        ),
    )


def growth(numbers: Sequence[int], values: Sequence[float]) -> float:
    """Return the cost of one more between the last two of three numbers, over the first two.

    It is 1 where values grow linearly.
    """
    (first, second, third), (a, b, c) = numbers, values
    return (c - b) / (third - second) / ((b - a) / (second - first))


def _figures(number: int, ours: list[Life], yardstick: list[Life]) -> Iterator[Figure]:
    of = f"{number} schedule{'s' * (number != 1)}"
    for command in _COMMANDS:
        yield Figure(
            key=f"module_{_key(command)}_{number}",
            name=f"{command}, {of}",
            unit="s",
            ours=[life.seconds[command] for life in ours],
            yardstick=[life.seconds[command] for life in yardstick],
            note=f"Terraform's CPU time {median(life.cpu_seconds[command] for life in ours):.3g} s",
        )
    provider, others = (
        median(life.provider_cpu_seconds for life in lives) for lives in (ours, yardstick)
    )
    yield Figure(
        key=f"module_cpu_{number}",
        name=f"CPU time of the four commands, {of}",
        unit="s",
        ours=[sum(life.cpu_seconds.values()) for life in ours],
        yardstick=[sum(life.cpu_seconds.values()) for life in yardstick],
        note=f"Terraform's; the stand-in provider's beside it {provider:.3g} and {others:.3g} s",
    )
    yield Figure(
        key=f"module_state_{number}",
        name=f"state, {of}",
        unit="bytes",
        ours=[life.state_bytes for life in ours],
        yardstick=[life.state_bytes for life in yardstick],
        note=f"{ours[0].resources} resources; yardstick {yardstick[0].resources}",
    )


def growths(lives: Mapping[int, list[list[Life]]], note: str) -> Iterator[Figure]:
    """Compare each three successive numbers of schedules."""
    numbers = list(lives)
    for three in zip(numbers, numbers[1:], numbers[2:], strict=False):
        # Of each side, in each round, at each of the three numbers.
        sides = [
            [
                [life.growing for life in lives_of_round]
                for lives_of_round in zip(*side, strict=True)
            ]
            for side in zip(*(lives[number] for number in three), strict=True)
        ]
        for what in sides[0][0][0]:
            ours, yardstick = (
                [growth(three, [values[what] for values in at_each]) for at_each in rounds]
                for rounds in sides
            )
            first, second, third = three
            yield Figure(
                key=f"module_{_key(what)}_growth_{third}",
                name=f"{what}: a schedule from {second} to {third}, over one from {first} to "
                f"{second}",
                ours=ours,
                yardstick=yardstick,
                at_most=_LINEAR,
                note="bytes" if what == "state" else note,
            )


def _backend(key: str) -> dict[str, Any]:
    settings = {"bucket": _BUCKET, "key": key, "region": REGION, "use_path_style": True}
    skipped = ("credentials_validation", "requesting_account_id", "metadata_api_check")
    return {
        "terraform": {"backend": {"s3": settings | {f"skip_{check}": True for check in skipped}}}
    }


def _key(what: str) -> str:
    return what.replace(" ", "_")


def _cpu_seconds() -> float:
    """Return the CPU time of all children that have ended, as each terraform has."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
