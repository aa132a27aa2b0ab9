"""The sandbox's event loop, on which async tasks are awaited, with a timeout that cancels them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from functools import cache
from typing import Any

from task_scheduler.errors import TaskTimeout
from task_scheduler.time_limit import grace_of


def wait_for(awaitable: Awaitable[Any], seconds: float, allowed: float) -> Any:
    """Await it on the sandbox's event loop; return or raise what it does.

    The loop is the same for all tasks, so that what is bound to it (connections, sessions) can be
    kept from one to the next. In the main thread it runs only while it is waited for; for tasks
    that overlap it runs in a thread of its own.

    Args:
        awaitable: a coroutine, or what else can be awaited.
        seconds: after which it is cancelled, again and again until it ends.
        allowed: seconds that its task was allowed as a whole.

    Raises:
        TaskTimeout: it was cancelled, whatever came of it then.
    """
    limited = _limited(awaitable, seconds, allowed)
    if threading.current_thread() is threading.main_thread() and not _loop().is_running():
        returned, error = _loop().run_until_complete(limited)
    else:
        returned, error = asyncio.run_coroutine_threadsafe(limited, _running_loop()).result()
    if error is not None:
        raise error
    return returned


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


_starting = threading.Lock()


def _running_loop() -> asyncio.AbstractEventLoop:
    with _starting:
        return _start_loop()


@cache
def _start_loop() -> asyncio.AbstractEventLoop:
    loop = _loop()
    # a daemon: a task that blocks the loop must not keep the process from ending
    threading.Thread(target=loop.run_forever, name="event loop", daemon=True).start()
    return loop


Ending = tuple[Any, BaseException | None]


async def _limited(awaitable: Awaitable[Any], seconds: float, allowed: float) -> Ending:
    task = asyncio.ensure_future(_caught(awaitable))
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if done:
        return task.result()
    while not done:
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=grace_of(allowed))
    return None, TaskTimeout(allowed)


async def _caught(awaitable: Awaitable[Any]) -> Ending:
    """Await it; an exit or an interrupt that it raises would end the loop itself."""
    try:
        return await awaitable, None
    except BaseException as error:
        return None, error
