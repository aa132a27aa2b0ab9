"""The stand-in accepts and refuses what the real provider's own code, 6.34, does.

verdicts.json holds configurations of single resources by type: the arguments of a good one, and
what each case changes of it (null takes an argument away).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .core import Core

_VERDICTS = json.loads(Path(__file__).with_name("verdicts.json").read_text(encoding="utf-8"))


def _cases(verdict: str) -> list[Any]:
    cases = []
    for type_name, verdicts in _VERDICTS.items():
        for case, changes in verdicts[verdict]:
            arguments = {**verdicts["base"], **changes}
            given = {name: value for name, value in arguments.items() if value is not None}
            cases.append(pytest.param(type_name, given, id=f"{type_name}-{case}"))
    return cases


@pytest.mark.parametrize(("type_name", "arguments"), _cases("accepted"))
def test_accepted(core: Core, type_name: str, arguments: dict[str, Any]) -> None:
    assert core.refusals(type_name, arguments) == []


@pytest.mark.parametrize(("type_name", "arguments"), _cases("refused"))
def test_refused(core: Core, type_name: str, arguments: dict[str, Any]) -> None:
    assert core.refusals(type_name, arguments) != []
