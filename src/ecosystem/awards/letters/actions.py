"""Write to each bidder that lost, in the transaction in which the award is approved."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from ecosystem.awards.admission.model import Excluded
from ecosystem.awards.letters import rules
from ecosystem.awards.letters.model import LetterFacts
from ecosystem.awards.letters.tables import letter
from ecosystem.awards.model import Contest
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.offers.model import OfferStanding, State
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_SEND: Final = inserting(letter)


async def send(
    tx: Tx,
    award_id: str,
    *,
    need_id: str,
    winner: OfferStanding,
    losers: Iterable[OfferStanding],
    contest: Contest,
    exclusions: Mapping[str, Excluded],
    challenge_by: datetime,
    by: Actor,
    at: datetime,
) -> None:
    """Write to the members of each offer that did not win.

    Effects: a letter for each, which its members alone read; letter.sent in their feed.
    """
    ranked = {one.offer_id: one for one in contest.ranking.ranked}
    for one in losers:
        facts = LetterFacts(
            award_id=award_id,
            need_id=need_id,
            lot_id=one.lot_id,
            kind=one.kind,
            offer_id=one.offer_id,
            winner=ranked[winner.offer_id],
            winner_lead_id=winner.lead_id,
            own=ranked.get(one.offer_id),
            excluded=exclusions.get(one.offer_id) if one.state is State.EXCLUDED else None,
            consensus=tuple(
                each for each in contest.inputs.consensus if each.offer_id == one.offer_id
            ),
            challenge_by=challenge_by,
        )
        await _send(tx, facts, members=list(one.member_ids), by=by, at=at)


async def _send(tx: Tx, facts: LetterFacts, *, members: list[str], by: Actor, at: datetime) -> None:
    written = rules.write(facts, by=by, at=at)
    authority = authority_of(facts.award_id)
    letter_id = mint("letter", authority=authority)
    await tx.run(
        _SEND,
        authority_id=authority, id=letter_id, award_id=facts.award_id, need_id=facts.need_id,
        lot_id=facts.lot_id, offer_id=facts.offer_id, member_ids=members,
        content=msgspec.json.encode(written), sent_at=at,
    )  # fmt: skip
    await history.record(
        tx, "letter.sent", letter_id, facts=facts, decision=written, by=by, at=at,
        audience=Audience(organisations=tuple(members), is_sealed=True),
    )  # fmt: skip
