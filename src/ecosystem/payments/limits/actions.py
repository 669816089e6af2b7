"""Set approval limits."""

from datetime import datetime
from typing import Final

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.payments.limits import queries, rules
from ecosystem.payments.limits.model import LimitDraft
from ecosystem.payments.limits.tables import approval_limit
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

_SET: Final = inserting(approval_limit)


async def set_limit(tx: Tx, asked: LimitDraft, *, by: Actor, at: datetime) -> Standing:
    """Set an approval limit; it holds for approvals from now on. Refuses as the rule does.

    Effects: `approval_limit.set`, for the authority.
    """
    facts = await queries.facts(tx, asked, by=by)
    decided = rules.set_limit(facts, by=by, at=at)
    limit_id = mint("limit", authority=by.organisation_number)
    await tx.run(
        _SET,
        authority_id=by.organisation_number, id=limit_id, person_id=decided.person_id,
        amount=decided.most.decimal(), currency=decided.most.currency, set_by=decided.set_by,
        set_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "approval_limit.set", limit_id, facts=facts, decision=decided, by=by, at=at,
        audience=Audience(organisations=(by.organisation_id,)),
    )  # fmt: skip
    return Standing(id=limit_id, state="set", version=version)
