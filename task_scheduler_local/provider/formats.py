"""Texts in a form of their own: JSON, IAM policies, ARNs, numbers and times, as Go reads them."""

from __future__ import annotations

import calendar
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

_ARN = re.compile(
    r"arn:aws(-[a-z]+)*:[^:]*"
    r":([a-z]{2,4}(-[a-z]+)+-[0-9])?"
    r":(aws|aws-managed|third-party|[0-9]{12}|cw[^:\n]{10})?"
    r":.+",
    re.DOTALL,
)
_EC2_ACTION = re.compile(
    r"arn:[\w-]+:automate:[\w-]+:ec2:(reboot|recover|stop|terminate)", re.ASCII
)
# The hour may have one digit, the fraction a comma, and the offset 24 hours and 60 minutes:
# time.Parse of Go takes more than RFC 3339 has.
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)([.,]\d+)?(?:Z|[+-](\d\d):(\d\d))", re.ASCII
)
_NUMBER = re.compile(
    r"[+-]?(inf|infinity|nan|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)", re.ASCII | re.IGNORECASE
)


def format_problems(name: str | None, text: str) -> Iterator[str]:
    """Yield what keeps the text from having that format: at most one sentence."""
    problem = _FORMATS[name](text) if name else None
    if problem:
        yield problem


def _json(text: str) -> str | None:
    return _parsed(text) if text else None


def _iam_policy(text: str) -> str | None:
    """Return an object without duplicate keys; blanks around it are passed over."""
    if not text.strip().startswith("{"):
        return "is not an IAM policy: must be a JSON object"
    return _parsed(text, _without_duplicates)


def _parsed(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] = dict) -> str | None:
    try:
        json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_finite,
        )
    except (ValueError, RecursionError) as error:
        return f"is not valid JSON: {error}"
    return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {json.dumps(key)}")
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:20]} is out of the range of a 64-bit float")
    return number


def _arn(text: str) -> str | None:
    return (
        f"is {json.dumps(text)}, which is not an ARN" if text and not _ARN.fullmatch(text) else None
    )


def _alarm_action(text: str) -> str | None:
    return None if _EC2_ACTION.fullmatch(text) else _arn(text)


def _number(text: str) -> str | None:
    if not text or (_NUMBER.fullmatch(text) and _is_finite_or_named(text)):
        return None
    return f"is {json.dumps(text)}, must be a number"


def _is_finite_or_named(text: str) -> bool:
    return text.strip("+-")[0] in "iInN" or not math.isinf(float(text))


def _timestamp(text: str) -> str | None:
    if _is_time(text):
        return None
    return f"is {json.dumps(text)}, which is not an RFC 3339 time such as 2026-01-31T09:00:00Z"


def _is_time(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return False
    year, month, day, hour, minute, second, _, offset_hours, offset_minutes = match.groups()
    if not 1 <= int(month) <= 12:
        return False
    days = calendar.monthrange(2000 + int(year) % 400, int(month))[1]  # year 0 is one to Go
    return (
        1 <= int(day) <= days
        and int(hour) < 24
        and int(minute) < 60
        and int(second) < 60
        and int(offset_hours or 0) <= 24
        and int(offset_minutes or 0) <= 60
    )


_FORMATS: dict[str, Callable[[str], str | None]] = {
    "alarm_action": _alarm_action,
    "arn": _arn,
    "iam_policy": _iam_policy,
    "json": _json,
    "number": _number,
    "timestamp": _timestamp,
}
