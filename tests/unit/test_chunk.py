"""Chunks of the ledger: ends are counted once, attempts where they happened."""

from __future__ import annotations

from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import CHUNK_SIZE, Chunk, Mark, Marks, Position


def chunk(*marks: tuple[Mark, int, int], size: int | None = None, body: str = "b") -> Chunk:
    """Make a chunk of marks: what, which task, at which receive."""
    noted = Marks()
    for mark, offset, receives in marks:
        noted.add(mark, Position(0, offset), body=body, receives=receives)
    return Chunk.from_item({"size": size} | {m.value: n for m, n in noted.sets.items()})


def test_numbers_fill_one_chunk_after_the_other() -> None:
    assert Position.of(Place("r", 1)) == Position(0, 0)
    assert Position.of(Place("r", CHUNK_SIZE)) == Position(0, CHUNK_SIZE - 1)
    assert Position.of(Place("r", CHUNK_SIZE + 1, redrive=2)) == Position(1, 0, 2)


def test_a_chunk_of_which_nothing_is_recorded_has_no_ends() -> None:
    assert Chunk.from_item({}).ended == set()


def test_a_chunk_is_complete_when_all_its_tasks_ended_well_or_badly() -> None:
    assert not chunk((Mark.OK, 0, 1), (Mark.TRIED, 1, 1), size=2).is_complete
    assert chunk((Mark.OK, 0, 1), (Mark.BAD, 1, 3), size=2).is_complete


def test_a_full_chunk_is_complete_though_its_size_is_unknown() -> None:
    ends = [(Mark.OK, offset, 1) for offset in range(CHUNK_SIZE)]
    assert not chunk(*ends[1:]).is_complete
    assert chunk(*ends).is_complete


def test_a_task_that_failed_and_then_succeeded_has_not_failed() -> None:
    assert chunk((Mark.BAD, 0, 3), (Mark.OK, 0, 1), (Mark.BAD, 1, 3)).failed == {1}


def test_a_place_at_which_two_different_tasks_ended_is_a_list_that_changed() -> None:
    one, other = chunk((Mark.OK, 4, 1), body="one"), chunk((Mark.OK, 4, 1), body="other")
    assert one.changed == set()
    both = Chunk(marks={Mark.OK: one.marks[Mark.OK] | other.marks[Mark.OK]})
    assert (both.changed, both.ended) == ({4}, {4})


FIFTH = Position(0, 5)


def test_failed_attempts_are_used_and_those_given_back_are_not() -> None:
    marks = [(Mark.TRIED, 5, 1), (Mark.BACK, 5, 2), (Mark.TRIED, 5, 3), (Mark.TRIED, 6, 1)]
    assert chunk(*marks).attempts(FIFTH) == 2


def test_an_attempt_that_began_and_never_ended_is_used() -> None:
    assert chunk((Mark.BEGUN, 5, 2)).attempts(FIFTH) == 1
    assert chunk((Mark.BEGUN, 5, 2), (Mark.TRIED, 5, 2)).attempts(FIFTH) == 1
    assert chunk((Mark.BEGUN, 5, 2), (Mark.BACK, 5, 2)).attempts(FIFTH) == 0


def test_a_receive_that_left_no_mark_makes_a_suspect() -> None:
    assert not chunk((Mark.TRIED, 5, 1), (Mark.BACK, 5, 2)).is_suspect(FIFTH, receives=3)
    assert chunk((Mark.TRIED, 5, 1)).is_suspect(FIFTH, receives=3)
    assert chunk((Mark.BEGUN, 5, 1)).is_suspect(FIFTH, receives=2)


def test_the_first_receive_and_an_attempt_begun_after_it_count_as_the_others() -> None:
    assert chunk((Mark.TRIED, 5, 2)).is_suspect(FIFTH, receives=3)
    assert chunk((Mark.TRIED, 5, 1), (Mark.BEGUN, 5, 2)).is_suspect(FIFTH, receives=2)
    assert not chunk((Mark.TRIED, 5, 1), (Mark.BEGUN, 6, 2)).is_suspect(FIFTH, receives=2)


def test_half_a_surrogate_pair_in_a_body_is_no_hindrance() -> None:
    assert chunk((Mark.OK, 4, 1), body="\ud800").ended == {4}


def test_a_task_sent_again_has_fresh_attempts_and_an_end_of_its_own() -> None:
    before = chunk((Mark.TRIED, 5, 1), (Mark.BAD, 5, 2))
    again = Position(0, 5, redrive=1)

    assert before.has_ended(FIFTH)
    assert not before.has_ended(again)
    assert before.attempts(again) == 0


def test_a_dead_letter_that_succeeds_when_it_is_sent_again_corrects_the_counts() -> None:
    noted = Marks()
    noted.add(Mark.BAD, FIFTH, body="b")
    noted.add(Mark.OK, Position(0, 5, redrive=1), body="b")
    corrected = Chunk.from_item({mark.value: numbers for mark, numbers in noted.sets.items()})

    assert (corrected.failed, corrected.corrected, corrected.ended) == (set(), {5}, {5})
    assert corrected.has_ended(Position(0, 5, redrive=2))
