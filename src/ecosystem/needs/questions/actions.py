"""Ask and answer questions."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.needs import queries as needs
from ecosystem.needs.questions import queries, rules
from ecosystem.needs.tables import need, question
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.text import Text

_KEY = (need.c.authority_id == bindparam("of_authority"), need.c.id == bindparam("of_need"))
_ASK: Final = inserting(
    question, "authority_id", "id", "need_id", "version", "text", "asked_by", "asked_at"
)
_EXTEND: Final = Statement(
    update(need)
    .where(*_KEY)
    .values(
        version=need.c.version + 1,
        submission_ends_at=bindparam("submission_ends_at"),
        opening_at=bindparam("opening_at"),
    )
)
_ANSWER: Final = Statement(
    update(question)
    .where(
        question.c.authority_id == bindparam("of_authority"),
        question.c.id == bindparam("of_question"),
    )
    .values(
        version=question.c.version + 1,
        answer=bindparam("answer"),
        answered_by=bindparam("answered_by"),
        answered_at=bindparam("answered_at"),
    )
)


async def ask(tx: Tx, need_id: str, *, text: Text, by: Actor, at: datetime) -> Standing:
    """Put a question on a need. Refuses with NeedMissing, and as the rule does."""
    row = await needs.held(tx, need_id, seen_by=by, at=at)
    facts = queries.ask_facts(row, text)
    asked = rules.ask(facts, by=by, at=at)
    question_id = mint("question", authority=row["authority_id"])
    await tx.run(
        _ASK,
        authority_id=row["authority_id"], id=question_id, need_id=need_id, version=1,
        text=msgspec.json.encode(asked.text), asked_by=asked.asked_by, asked_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "question.asked", question_id, facts=facts, decision=asked, by=by, at=at,
        audience=Audience(organisations=(asked.asked_by,)),
    )  # fmt: skip
    return Standing(id=question_id, state="asked", version=version)


async def answer(tx: Tx, question_id: str, *, text: Text, by: Actor, at: datetime) -> Standing:
    """Answer a question in public. Refuses with QuestionMissing, and as the rule does.

    Effects: locks the need; question.answered; need.extended where it is answered so late that
    the rules of the place ask for more time.
    """
    need_id = await queries.need_of_question(tx, question_id)
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts = await queries.answer_facts(tx, question_id, answer=text)
    answered = rules.answer(facts, by=by, at=at)
    await tx.run(
        _ANSWER,
        of_authority=facts.authority_number, of_question=question_id,
        answer=msgspec.json.encode(answered.answer), answered_by=answered.answered_by,
        answered_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "question.answered", question_id, facts=facts, decision=answered, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    await _extend(tx, row, question_id=question_id, by=by, at=at)
    return Standing(id=question_id, state="answered", version=version)


async def _extend(tx: Tx, row: Record, *, question_id: str, by: Actor, at: datetime) -> None:
    facts = await queries.extend_facts(tx, row, question_id=question_id)
    if facts is None or not rules.must_extend(facts, at=at):
        return
    extended = rules.extend(facts, by=by, at=at)
    await tx.run(
        _EXTEND,
        of_authority=row["authority_id"], of_need=row["id"],
        submission_ends_at=extended.submission_ends_at, opening_at=extended.opening_at,
    )  # fmt: skip
    await history.record(
        tx, "need.extended", row["id"], facts=facts, decision=extended, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
