"""Send dead letters again, or delete them."""

from __future__ import annotations

from taskctl.dead_letters.discarding import discard_dead_letters
from taskctl.dead_letters.recording import record_redrive
from taskctl.dead_letters.redriver import Redriver, describe_redrive
from taskctl.dead_letters.selection import Selection
from taskctl.errors import TaskctlError
from taskctl.runs.reader import find_run
from taskctl.ui.output import counted
from taskctl.web.actions.question import LISTED, WHY, Action, Answer, Question
from taskctl.web.forms import Form
from taskctl.web.known import Known


def _ask_retry(known: Known, form: Form) -> Question:
    run = find_run(known.reader, form.required("run"))
    return Question(
        title="Retry what failed",
        words=[
            f"Sends the dead letters of {run.key} again: failed tasks go back to the queue with "
            "all their attempts, refused lines are read again, a list that broke off goes on.",
            "Their ends correct the counts of the run: when the last failure has succeeded, the "
            "run has, and people are notified of the recovery.",
        ],
        verb="Retry",
        entries=[WHY],
        values={"run": [run.key]},
    )


def _retry(known: Known, form: Form) -> Answer:
    run = find_run(known.reader, form.required("run"))
    redriver = Redriver(known.stack, Selection(run=run.key))
    answer = _send_again(known, redriver, form)
    if not redriver.sent and not redriver.left:
        raise TaskctlError(f"nothing of {run.key} is a dead letter; the run is {run.state}")
    return answer


def _ask_redrive(known: Known, form: Form) -> Question:
    ids = _ids(form)
    words = [f"Sends {counted(len(ids), 'dead letter')} again. Each is deleted once it was sent."]
    for id_ in ids[:LISTED]:
        dead_letter = known.listed.get(id_)
        if dead_letter is not None:
            contents = dead_letter.contents
            what = " ".join(filter(None, [contents.schedule, contents.what]))[:120]
            words.append(f"{what}: {describe_redrive(dead_letter)}.")
    if len(ids) > LISTED:
        words.append(f"And {len(ids) - LISTED} more.")
    return Question(
        title="Redrive", words=words, verb="Send again", entries=[WHY], values={"id": ids}
    )


def _redrive(known: Known, form: Form) -> Answer:
    redriver = Redriver(known.stack, Selection(ids=_ids(form)))
    answer = _send_again(known, redriver, form)
    if not redriver.missing:
        return answer
    gone = f"{counted(len(redriver.missing), 'dead letter')} not found: no longer there, or held"
    return Answer(title=answer.title, words=[*answer.words, f"{gone} by somebody else."])


def _send_again(known: Known, redriver: Redriver, form: Form) -> Answer:
    words: list[str] = []
    try:
        redriver.run()
    finally:
        try:
            record_redrive(known.stack, redriver.runs, form.text("why"))
        except TaskctlError as error:
            words.append(f"The ledger does not know who sent them: {error}")
    sent = [counted(count, kind) for kind, count in redriver.sent.items()]
    words += [f"{one.short_id} stays where it is: {reason}" for one, reason in redriver.left]
    return Answer(title=f"Sent again: {', '.join(sent) or 'nothing'}.", words=words)


def _ask_discard(known: Known, form: Form) -> Question:
    ids = _ids(form)
    return Question(
        title="Discard",
        words=[
            f"Deletes {counted(len(ids), 'dead letter')} for good, unsent. Their runs keep the "
            "failures.",
            "`taskctl failed --export FILE` would keep the dead letters themselves.",
        ],
        verb="Delete for good",
        is_final=True,
        values={"id": ids},
    )


def _discard(known: Known, form: Form) -> Answer:
    ids = _ids(form)
    discarded, missing = discard_dead_letters(known.stack, Selection(ids=ids))
    counts = [counted(count, kind) for kind, count in discarded.items()]
    words = [f"{counted(len(missing), 'dead letter')} not found."] if missing else []
    return Answer(title=f"Deleted: {', '.join(counts) or 'nothing'}.", words=words)


def _ids(form: Form) -> tuple[str, ...]:
    if not (ids := form.all("id")):
        raise TaskctlError("choose dead letters: none is chosen")
    return ids


RETRY = Action(_ask_retry, _retry)
REDRIVE = Action(_ask_redrive, _redrive)
DISCARD = Action(_ask_discard, _discard)
