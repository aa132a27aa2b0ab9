"""Tasks whose effect is a line in a file: what was run is counted there, and nowhere else.

A task's text is its number, with what befalls it before: "17", "dies-after 17".
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

from task_scheduler import task, task_source


def _note(file: str, text: str, folder: str) -> None:
    """One write to the end of the file: lines of several processes do not mix."""
    opened = os.open(f"{folder}/{file}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(opened, f"{text}\t{os.getpid()}\n".encode())
    os.close(opened)


def _is_first_time(text: str, folder: str) -> bool:
    try:
        Path(folder, f"once {text}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _die(text: str, folder: str) -> None:
    _note("deaths", text, folder)
    os._exit(1)


def _overrun(text: str, folder: str) -> None:
    """Outlive the function, in C code that holds the interpreter and looks at no signal."""
    _note("deaths", text, folder)
    deque(repeat(None), maxlen=0)


def _gather(text: str, folder: str) -> None:
    """End at the same moment as nine others."""
    _note("gathered", text, folder)
    _wait_until(lambda: len(Path(folder, "gathered").read_text().splitlines()) >= 10)


def _wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)


@task("record")
def record(text: str, folder: str) -> None:
    befalls = text.partition(" ")[0] if " " in text else ""
    if befalls == "raises":
        raise RuntimeError("no luck")
    if befalls and not befalls.endswith("-after") and _is_first_time(text, folder):
        match befalls:
            case "raises-once":
                raise RuntimeError("no luck yet")
            case "sleeps":
                time.sleep(3_600)
            case "gathers":
                _gather(text, folder)
            case "waits":
                _wait_until(Path(folder, f"go {text}").exists)
            case "dies-before":
                _die(text, folder)
            case "overruns-before":
                _overrun(text, folder)
    _note("effects", text, folder)
    if befalls == "always-dies":
        _die(text, folder)
    if befalls.endswith("-after") and _is_first_time(text, folder):
        match befalls:
            case "dies-after":
                _die(text, folder)
            case "overruns-after":
                _overrun(text, folder)


@task_source("killed")
def killed() -> Iterator[str]:
    """A list of 2,000; the first invocation that reads it dies at the 1,000th."""
    for number in range(2_000):
        if number == 1_000 and _is_first_time("killed", os.environ["FAULTS_FOLDER"]):
            os._exit(1)
        yield str(number)
