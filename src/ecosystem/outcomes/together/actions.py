"""Verify many observations of a metric at once."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ARRAY, Integer, Text, any_, bindparam, update

from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.outcomes.tables import observation
from ecosystem.outcomes.together import queries, rules
from ecosystem.outcomes.together.model import Together, Verification
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_VERIFY: Final = Statement(
    update(observation)
    .where(observation.c.authority_id == bindparam("of_authority", type_=Integer))
    .where(observation.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
    .values(
        state="verified",
        version=observation.c.version + 1,
        verified_by=bindparam("verifier"),
        verified_hand=bindparam("hand"),
        verified_at=bindparam("since"),
        verification_id=bindparam("verification"),
        reason=bindparam("why"),
    )
)


async def verify(
    tx: Tx, metric_id: str, asked: Together, *, by: Actor, at: datetime
) -> Verification:
    """Verify all that is reported of a metric in some days.

    Refuses with MetricMissing, and as the rule does. Effects: holds the metric and what is
    verified; one event that names all of it.
    """
    facts = await queries.facts(tx, metric_id, asked, by=by)
    verified = rules.verify(facts, by=by, at=at)
    authority = authority_of(metric_id)
    verification_id = mint("verification", authority=authority)
    await tx.run(
        _VERIFY,
        of_authority=authority, ids=[one.id for one in facts.chosen],
        verifier=verified.verified_by, hand=control.hand(by), since=at,
        verification=verification_id, why=msgspec.json.encode(asked.reason),
    )  # fmt: skip
    await history.record(
        tx, "observations.verified", verification_id, facts=facts, decision=verified, by=by,
        at=at, audience=EVERYONE,
    )  # fmt: skip
    return Verification(id=verification_id, verified=verified.verified)
