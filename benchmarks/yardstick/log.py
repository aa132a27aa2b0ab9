"""The original's logging: environment and event at each invocation."""

from __future__ import annotations

import os
from typing import Any

import jsonpickle


def log(event: Any) -> None:
    """Log as the original did, if LOGS says so."""
    if os.environ["LOGS"] == "all":
        print(f"## ENVIRONMENT VARIABLES\r{jsonpickle.encode(dict(os.environ))}")
        print(f"## EVENT\r{jsonpickle.encode(event)}")
