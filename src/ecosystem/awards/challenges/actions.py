"""Challenge awards, and decide challenges."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.awards import queries as awards
from ecosystem.awards.challenges import queries, rules
from ecosystem.awards.challenges.model import (
    ChallengeDecision,
    ChallengeDraft,
    Decided,
    DecideFacts,
)
from ecosystem.awards.challenges.tables import challenge, challenge_decision
from ecosystem.awards.falling import kept
from ecosystem.awards.model import Remedy
from ecosystem.awards.model import State as AwardState
from ecosystem.awards.releasing import actions as releasing
from ecosystem.awards.tables import award
from ecosystem.budgets import actions as budgets
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.needs import actions as needs
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import actions as offers
from ecosystem.offers import queries as offered
from ecosystem.offers.model import State as OfferState
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor

_PURPOSE: Final = "review"
_LODGE: Final = inserting(challenge)
_DECIDE: Final = inserting(challenge_decision)
_THIS: Final = (award.c.authority_id == bindparam("of_authority"), award.c.id == bindparam("of"))
_MOVE: Final = Statement(
    update(award).where(*_THIS).values(state=bindparam("new_state"), version=award.c.version + 1)
)
_CANCEL: Final = Statement(
    update(award)
    .where(*_THIS)
    .values(
        state="cancelled",
        version=award.c.version + 1,
        cancelled_at=bindparam("at"),
        cancelled_by=bindparam("by"),
        cancelled_reason=bindparam("reason"),
        remedy=bindparam("named"),
    )
)
_CLOSE: Final = Statement(
    update(challenge)
    .where(challenge.c.authority_id == bindparam("of_authority"), challenge.c.id == bindparam("of"))
    .values(state=bindparam("new_state"), version=challenge.c.version + 1)
)

_WITHDRAW: Final = Statement(
    update(challenge)
    .where(challenge.c.authority_id == bindparam("of_authority"), challenge.c.id == bindparam("of"))
    .values(
        state="withdrawn",
        version=challenge.c.version + 1,
        withdrawn_by=bindparam("by"),
        withdrawn_at=bindparam("at"),
    )
)


async def lodge(
    tx: Tx, award_id: str, asked: ChallengeDraft, *, by: Actor, at: datetime
) -> Standing:
    """Challenge an award, which is suspended at once.

    Refuses with AwardMissing, and as the rule does. Effects: locks need and award; the award
    is suspended, with award.suspended; the challenge; challenge.lodged.
    """
    found, row = await awards.locked(tx, award_id, by=by, at=at, expected=None)
    facts = await queries.lodge_facts(tx, found, row, asked.grounds, by=by, at=at)
    lodged = rules.lodge(facts, by=by, at=at)
    authority = facts.authority_number
    if found["state"] == "published":
        await tx.run(_MOVE, of_authority=authority, of=award_id, new_state="suspended")
        await history.record(
            tx, "award.suspended", award_id, facts=facts, decision=lodged, by=by, at=at,
            audience=EVERYONE,
        )  # fmt: skip
    challenge_id = mint("challenge", authority=authority)
    await tx.run(
        _LODGE,
        authority_id=authority, id=challenge_id, version=1, state=lodged.state,
        need_id=facts.need_id, award_id=award_id, offer_id=lodged.offer_id,
        organisation_id=lodged.organisation_id, grounds=msgspec.json.encode(facts.grounds),
        lodged_by=lodged.lodged_by, lodged_at=at, decide_by=lodged.decide_by,
        withdrawn_by=None, withdrawn_at=None, told_at=None,
    )  # fmt: skip
    version = await history.record(
        tx, "challenge.lodged", challenge_id, facts=facts, decision=lodged, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=challenge_id, state=lodged.state, version=version)


async def decide(
    tx: Tx, challenge_id: str, asked: ChallengeDecision, *, by: Actor, at: datetime
) -> Standing:
    """Uphold a challenge or reject it, with what follows for the award and its need.

    Refuses with ChallengeMissing, and as the rule does. Effects: locks need, award and
    challenge; the decision; challenge.decided; the award goes on (award.resumed) or is
    cancelled (award.cancelled), and then the budget has back what was committed, and the need
    is evaluated again (need.reopened) or cancelled where nothing of it is left
    (need.cancelled); lenders are released of which nothing is left to finance.
    """
    lodged, found, row = await queries.locked(tx, challenge_id, by=by, at=at)
    facts = await queries.decide_facts(tx, lodged, found, row, asked, by=by)
    decided = rules.decide(facts, by=by, at=at)
    await tx.run(
        _DECIDE,
        authority_id=facts.authority_number, challenge_id=challenge_id, outcome=decided.state,
        remedy=decided.remedy, reasons=msgspec.json.encode(decided.reasons),
        organisation_id=decided.organisation_id, decided_by=decided.decided_by, decided_at=at,
    )  # fmt: skip
    await tx.run(
        _CLOSE, of_authority=facts.authority_number, of=challenge_id, new_state=decided.state
    )
    version = await history.record(
        tx, "challenge.decided", challenge_id, facts=facts, decision=decided, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    if decided.award_state is AwardState.CANCELLED:
        await _set_aside(tx, facts, decided, row=row, by=by, at=at)
    elif decided.award_state is not None:
        await tx.run(
            _MOVE, of_authority=facts.authority_number, of=facts.award_id, new_state="published"
        )
        await history.record(
            tx, "award.resumed", facts.award_id, facts=facts, decision=decided, by=by, at=at,
            audience=EVERYONE,
        )  # fmt: skip
    return Standing(id=challenge_id, state=decided.state, version=version)


async def withdraw(
    tx: Tx, challenge_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a challenge back.

    Refuses with ChallengeMissing, RevisionStale, and as the rule does. Effects: locks need,
    award and challenge; challenge.withdrawn; the award goes on (award.resumed) unless another
    challenge of it is open.
    """
    lodged, found, _ = await queries.locked(tx, challenge_id, by=by, at=at)
    revision.check(expected, actual=lodged["version"])
    facts = await queries.withdraw_facts(tx, lodged, found)
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await tx.run(
        _WITHDRAW,
        of_authority=facts.authority_number, of=challenge_id, at=at, by=withdrawn.withdrawn_by,
    )  # fmt: skip
    version = await history.record(
        tx, "challenge.withdrawn", challenge_id, facts=facts, decision=withdrawn, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    if withdrawn.award_state is not None:
        await tx.run(
            _MOVE, of_authority=facts.authority_number, of=facts.award_id, new_state="published"
        )
        await history.record(
            tx, "award.resumed", facts.award_id, facts=facts, decision=withdrawn, by=by, at=at,
            audience=EVERYONE,
        )  # fmt: skip
    return Standing(id=challenge_id, state=withdrawn.state, version=version)


async def _set_aside(
    tx: Tx, facts: DecideFacts, decided: Decided, *, row: Record, by: Actor, at: datetime
) -> None:
    """Cancel an award, give back its budget, and let its offers and its need follow."""
    await tx.run(
        _CANCEL,
        of_authority=facts.authority_number, of=facts.award_id, at=at, by=decided.decided_by,
        reason=msgspec.json.encode(decided.reasons), named=decided.remedy,
    )  # fmt: skip
    await history.record(
        tx, "award.cancelled", facts.award_id, facts=facts, decision=decided, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    if decided.released is not None:
        await budgets.release(
            tx, programme_id=row["programme_id"], for_id=facts.award_id, amount=decided.released,
            by=by, at=at,
        )  # fmt: skip
    await tx.allow("purpose", _PURPOSE)
    rivals = [
        one
        for one in await offered.taken(tx, facts.need_id)
        if (one.lot_id, one.kind) == (facts.lot_id, facts.kind)
    ]
    if decided.remedy is Remedy.EVALUATION:
        gone = await kept.fallen(tx, facts.need_id)
        again = [one for one in rivals if one.was_opened and one.offer_id not in gone]
        await offers.reopen(tx, again, award_id=facts.award_id, by=by, at=at)
    else:
        admitted = [one for one in rivals if one.state is not OfferState.EXCLUDED]
        await offers.conclude(tx, admitted, award_id=facts.award_id, winner=None, by=by, at=at)
    await releasing.release(tx, row, by=by, at=at)
    await _move_need(tx, facts, decided, by=by, at=at)


async def _move_need(
    tx: Tx, facts: DecideFacts, decided: Decided, *, by: Actor, at: datetime
) -> None:
    if decided.need_state is facts.need_state:
        return
    if decided.need_state is NeedState.CANCELLED:
        await needs.end(tx, facts.need_id, reason=decided.reasons)
        kind = "need.cancelled"
    else:
        await needs.advance(tx, facts.need_id, to=decided.need_state)
        kind = "need.reopened"
    await history.record(
        tx, kind, facts.need_id, facts=facts, decision=decided, by=by, at=at, audience=EVERYONE
    )
