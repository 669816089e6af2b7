"""Needs over HTTP."""

import base64

from litestar import Response
from litestar.params import FromPath, JSONBody
from msgspec import structs

from ecosystem.needs import access, actions, attesting, queries, rules
from ecosystem.needs.amending import routes as amending
from ecosystem.needs.attachments import routes as attachments
from ecosystem.needs.model import (
    Need,
    NeedDraft,
    Readiness,
    Reason,
)
from ecosystem.needs.questions import routes as questions
from ecosystem.needs.schemas import OpeningKey, OpeningKeyAsked, OpeningKeyChallenge
from ecosystem.needs.searches import routes as searches
from ecosystem.runtime import problems
from ecosystem.runtime.web import Call, Standing, get, post
from ecosystem.values.revision import RevisionStale


@post("/v1/needs", permit=access.DRAFT, answers=Standing, refuses=(rules.NeedUnsound,))
async def draft_need(request: Call, data: JSONBody[NeedDraft]) -> Response[bytes]:
    """Draft a need.

    Keeps what the officer wrote; nobody outside the authority sees it until it is
    published. All faults of the content are answered at once.
    """
    made = await actions.draft(request.tx, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/needs/{made.id}")


@get("/v1/needs/{need_id:str}", permit=access.READ, answers=Need, refuses=(rules.NeedMissing,))
async def read_need(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read a need.

    Whatever is published is public; a draft is seen by its authority alone. The state is
    that of this moment: a need is `closed` as soon as `submission_ends_at` has passed.
    """
    body, version, state = await queries.view(
        request.tx, need_id, seen_by=request.reader, at=request.at
    )
    return request.answer(body, version=version, mark=state)


@post(
    "/v1/needs/{need_id:str}/publication",
    permit=access.PUBLISH,
    answers=Standing,
    changes=True,
    refuses=(
        rules.NeedMissing, RevisionStale, rules.NeedNotOwned, rules.NotDraft, rules.NeedUnsound,
    ),
)  # fmt: skip
async def publish_need(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Publish a need.

    Makes a draft public and opens it for questions and offers. Every rule that is not met is
    answered at once: standards, jurisdiction, budget, openers with their keys, and what the
    profile of the jurisdiction asks of periods, formulas and openers on this day. To publish
    again what is published changes nothing and is answered alike.
    """
    now = await actions.publish(
        request.tx, need_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}")


@get(
    "/v1/needs/{need_id:str}/readiness",
    permit=access.CHECK,
    answers=Readiness,
    refuses=(rules.NeedMissing, rules.NeedNotOwned),
)
async def read_readiness(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read what publication would say now.

    Every rule that the draft does not meet, with its place and what would satisfy it; of a
    period that is too short, the earliest instant. Changes nothing. Told in Chinese to whoever
    prefers that by Accept-Language.
    """
    facts = await queries.readiness_facts(request.tx, need_id, by=request.by, at=request.at)
    found = rules.readiness(facts, by=request.by, at=request.at)
    language = request.visit.language
    told = structs.replace(
        found,
        errors=problems.told(found.errors, language),
        warnings=problems.told(found.warnings, language),
    )
    return request.answer(told, headers=problems.headers(language))


@post(
    "/v1/needs/{need_id:str}/cancellation",
    permit=access.CANCEL,
    answers=Standing,
    changes=True,
    refuses=(
        rules.NeedMissing, RevisionStale, rules.NeedNotOwned, rules.NeedOver,
        rules.AwardStands,
    ),
)  # fmt: skip
async def cancel_need(
    request: Call, need_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Cancel a need.

    Ends it for a reason that everyone can read; offers stay sealed for ever.
    """
    now = await actions.cancel(
        request.tx, need_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}")


@post(
    "/v1/opening-key-challenges",
    permit=access.CHALLENGE_KEY,
    answers=OpeningKeyChallenge,
    refuses=(attesting.KeyUnsound,),
)
async def challenge_opening_key(request: Call, data: JSONBody[OpeningKeyAsked]) -> Response[bytes]:
    """Ask for a challenge to one's opening key.

    Answers with something that only the private half of the key opens. What it holds is sent
    along with the registration, within ten minutes. Nothing is kept of the question.
    """
    sealed = attesting.challenge(
        data.public_key, person_id=request.by.person_id or "",
        secret=request.house.keys.challenges, at=request.at,
    )  # fmt: skip
    text = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return request.answer(OpeningKeyChallenge(text))


@post(
    "/v1/opening-keys",
    permit=access.REGISTER_KEY,
    answers=Standing,
    refuses=(rules.KeyNotHeld, rules.KeyUnchanged),
)
async def register_opening_key(request: Call, data: JSONBody[OpeningKey]) -> Response[bytes]:
    """Register one's opening key, in place of an earlier one.

    The public half of a key that the officer made and keeps, with the answer to a challenge to
    it. Needs that are published from now on have one share of each offer's key sealed to it;
    those published before keep the key that they were published with, so she keeps that, too.
    """
    is_held = attesting.is_answered(
        data.answer, public_key=data.public_key, person_id=request.by.person_id or "",
        secret=request.house.keys.challenges, at=request.at,
    )  # fmt: skip
    now = await actions.register_key(
        request.tx, public_key=data.public_key, is_held=is_held, by=request.by, at=request.at
    )
    return request.answer(now, version=now.version)


ROUTES = (
    draft_need, read_need, read_readiness, publish_need, cancel_need, challenge_opening_key,
    register_opening_key, *amending.ROUTES, *attachments.ROUTES, *questions.ROUTES,
    *searches.ROUTES,
)  # fmt: skip
