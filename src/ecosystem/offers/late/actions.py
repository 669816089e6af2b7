"""Put on record that a submission came late."""

from datetime import datetime
from typing import Final

from joserfc.jwk import ECKey

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import queries, receipts
from ecosystem.offers.late import rules
from ecosystem.offers.tables import late_submission
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_INSERT: Final = inserting(late_submission)
_BEFORE_OPENING: Final = frozenset({NeedState.PUBLISHED, NeedState.CLOSED})


async def record(
    tx: Tx, offer_id: str, *, digests: tuple[str, ...], key: ECKey, by: Actor, at: datetime
) -> None:
    """Record that a submission came late; it stands in a transaction of its own.

    `digests` are those of the envelopes that came. Effects: the record with its signed receipt;
    late_submission.recorded, which before the opening nobody but the members may know of.
    """
    facts, row, _ = await queries.locked(tx, offer_id, by=by, at=at)
    late = rules.late(facts, by=by, at=at)
    authority = authority_of(offer_id)
    late_id, members = mint("late", authority=authority), tuple(row["member_ids"])
    await tx.run(
        _INSERT,
        authority_id=authority, id=late_id, need_id=facts.need_id, offer_id=offer_id,
        lead_id=facts.lead_id, member_ids=list(members), received_at=late.received_at,
        submission_ended_at=late.submission_ended_at, envelope_digests=list(digests),
        receipt=receipts.of_late(facts, digests=digests, key=key, received_at=at),
    )  # fmt: skip
    await history.record(
        tx, "late_submission.recorded", late_id, facts=facts, decision=late, by=by, at=at,
        audience=Audience(
            organisations=members, is_sealed=facts.need_state in _BEFORE_OPENING
        ),
    )  # fmt: skip
