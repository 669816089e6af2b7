"""Questions over HTTP."""

from typing import Annotated, Literal

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from ecosystem.needs import access
from ecosystem.needs import queries as needs
from ecosystem.needs import rules as needs_rules
from ecosystem.needs.questions import actions, queries, rules
from ecosystem.needs.questions.model import Question, QuestionText
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page

Sought = Annotated[
    Literal["asked", "answered"],
    Meta(description="Only questions that wait for an answer, or that have one."),
]


@post(
    "/v1/needs/{need_id:str}/questions",
    permit=access.ASK,
    answers=Standing,
    discreet=True,
    refuses=(needs_rules.NeedMissing, rules.OwnNeed, needs_rules.NotPublished, rules.EnquiryOver),
)
async def ask_question(
    request: Call, need_id: FromPath[str], data: JSONBody[QuestionText]
) -> Response[bytes]:
    """Ask a question on a need.

    The question and its answer are public. Nobody learns who asked but the auditors who search
    for it: neither the authority, nor who reads the log of the service.
    """
    asked = await actions.ask(request.tx, need_id, text=data.text, by=request.by, at=request.at)
    return request.answer(asked, version=asked.version, location=f"/v1/needs/{need_id}/questions")


@get(
    "/v1/needs/{need_id:str}/questions",
    permit=access.READ,
    answers=Page[Question],
    refuses=(needs_rules.NeedMissing,),
)
async def list_questions(
    request: Call,
    need_id: FromPath[str],
    in_state: FromQuery[Sought | None] = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the questions on a need, with their answers.

    Nobody learns here who asked. `in_state` is `asked` for those that wait for an answer, or
    `answered`.
    """
    await needs.view(request.tx, need_id, seen_by=request.reader, at=request.at)
    return await paging.page(
        request, request.tx, queries.questions(in_state), cursor=cursor, limit=limit,
        authority_id=owner(need_id, "need", otherwise=needs_rules.NeedMissing), need_id=need_id,
    )  # fmt: skip


@post(
    "/v1/questions/{question_id:str}/answer",
    permit=access.ANSWER,
    answers=Standing,
    refuses=(rules.QuestionMissing, needs_rules.NeedNotOwned, rules.AnsweredBefore),
)
async def answer_question(
    request: Call, question_id: FromPath[str], data: JSONBody[QuestionText]
) -> Response[bytes]:
    """Answer a question, in public and once.

    Where the profile has questions stop the close, the need takes offers for as long after a
    late answer as the profile asks, even when the deadline has passed.
    """
    now = await actions.answer(
        request.tx, question_id, text=data.text, by=request.by, at=request.at
    )
    return request.answer(now, version=now.version)


ROUTES = (ask_question, list_questions, answer_question)
