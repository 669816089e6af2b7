"""Read questions, and what asking and answering is checked against."""

from functools import cache
from typing import Final

from sqlalchemy import Integer, Text, bindparam, select, true

from ecosystem.needs.model import State
from ecosystem.needs.queries import rules_of
from ecosystem.needs.questions.model import AnswerFacts, AskFacts, ExtendFacts
from ecosystem.needs.questions.rules import QuestionMissing
from ecosystem.needs.tables import question
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ANSWERED: Final = {
    "asked": question.c.answer.is_(None),
    "answered": question.c.answer.is_not(None),
}


@cache
def questions(in_state: str | None) -> Statement:
    """Return the statement for a page of a need's questions: all, or those in a state."""
    return page_of(
        select(
            question.c.id,
            question.c.need_id,
            question.c.text,
            question.c.asked_at,
            question.c.answer,
            question.c.answered_at,
        ).where(
            question.c.authority_id == _AUTHORITY,
            question.c.need_id == bindparam("need_id", type_=Text),
            true() if in_state is None else _ANSWERED[in_state],
        )
    )


_ASKED_OF: Final = Statement(
    select(question.c.need_id).where(
        question.c.authority_id == _AUTHORITY, question.c.id == bindparam("id")
    )
)
_QUESTION: Final = Statement(
    select(question.c.answer)
    .where(question.c.authority_id == _AUTHORITY, question.c.id == bindparam("id"))
    .with_for_update()
)


def ask_facts(row: Record, text: Words) -> AskFacts:
    """Return what a question on a need is checked against."""
    return AskFacts(
        authority_number=row["authority_id"],
        state=State(row["state_now"]),
        enquiry_ends_at=row["enquiry_ends_at"],
        text=text,
    )


async def need_of_question(tx: Tx, question_id: str) -> str:
    """Return the need that a question is about. Refuses with QuestionMissing."""
    authority = owner(question_id, "question", otherwise=QuestionMissing)
    found: str | None = await tx.value(_ASKED_OF, authority_id=authority, id=question_id)
    if found is None:
        message = f"There is no question {question_id}."
        raise QuestionMissing(message)
    return found


async def answer_facts(tx: Tx, question_id: str, *, answer: Words) -> AnswerFacts:
    """Lock a question that there is; return what its answer is checked against."""
    authority = authority_of(question_id)
    row = await tx.row(_QUESTION, authority_id=authority, id=question_id)
    is_answered = row is not None and row["answer"] is not None
    return AnswerFacts(authority_number=authority, is_answered=is_answered, answer=answer)


async def extend_facts(tx: Tx, row: Record, *, question_id: str) -> ExtendFacts | None:
    """Return what a late answer is checked against; None where no rule asks for time after it."""
    if row["state"] != State.PUBLISHED or not row["waits_for_answers"]:
        return None
    return ExtendFacts(
        question_id=question_id,
        submission_ends_at=row["submission_ends_at"],
        opening_at=row["opening_at"],
        in_force=await rules_of(tx, row),
    )
