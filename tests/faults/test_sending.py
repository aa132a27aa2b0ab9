"""Whatever befalls send_task's requests, each task is run; twice only where the fault allows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.faults import proxy as faults
from tests.faults.proxy import FaultProxy, Rule
from tests.faults.stack import TASKS, Stack

TEXTS = [str(number) for number in range(TASKS)]


def test_what_was_not_taken_is_sent_again_and_nothing_twice(
    stack: Stack, proxy: FaultProxy
) -> None:
    rules = [
        Rule("SendMessageBatch", faults.throttled, share=0.1),
        Rule("SendMessageBatch", faults.failing, share=0.1),
        Rule("SendMessageBatch", faults.reset, share=0.1),
        Rule("SendMessageBatch", faults.some_entries_failed, share=0.2),
        Rule("SendMessageBatch", faults.silent, share=0.1, times=4),
    ]
    proxy.inject(*rules)

    stack.fire(tasks=TEXTS)
    stack.wait_until_done()

    throttled, failing, reset, partial, silent = (rule.struck for rule in rules)
    assert min(throttled, failing, reset) >= 10
    assert partial >= 20
    assert silent == 4
    stack.check_books(TEXTS)


def test_only_what_was_taken_without_send_task_knowing_is_run_twice(
    stack: Stack, proxy: FaultProxy
) -> None:
    rules = [
        Rule("SendMessageBatch", faults.reset_after_effect, share=0.1),
        Rule("SendMessageBatch", faults.some_entries_failed_though_taken, share=0.2),
        Rule("SendMessageBatch", faults.taken_twice, share=0.1),
        Rule("SendMessageBatch", faults.silent_after_effect, share=0.1, times=4),
    ]
    proxy.inject(*rules)

    stack.fire(tasks=TEXTS)
    stack.wait_until_done()

    reset, partial, twice, silent = (rule.struck for rule in rules)
    assert min(reset, twice) >= 10
    assert partial >= 20
    assert silent == 4
    stack.check_books(TEXTS, again=Counter(text for rule in rules for text in rule.taken))


def test_a_run_whose_function_is_killed_is_sent_again_and_nothing_runs_twice_but_what_it_had_sent(
    open_stack: Callable[..., Stack], proxy: FaultProxy, tmp_path: Path
) -> None:
    stack = open_stack(FAULTS_FOLDER=str(tmp_path))
    sent = Rule("SendMessageBatch", faults.seen)
    proxy.inject(sent)

    stack.fire_asynchronously(task="record", tasks_source="killed")
    stack.wait(lambda: set(TEXTS) <= set(sent.taken))
    stack.run()
    stack.wait_until_done()

    again = Counter(sent.taken) - Counter(TEXTS)
    assert again.keys() <= set(TEXTS[:1_000])
    assert len(again) > 500
    stack.check_books(TEXTS, perhaps=again)
    assert (stack.effects() - Counter(TEXTS)).total() < len(again) / 2  # most had ended by then
    assert stack.runs_dead_letters == []
