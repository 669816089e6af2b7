"""Keep which rights to end a contract have arisen, and which have lapsed."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rights import queries, rules
from ecosystem.contracts.rights.model import RightFacts, Told
from ecosystem.contracts.rights.tables import right_to_end
from ecosystem.history import actions as history
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_ARISE: Final = inserting(
    right_to_end, "authority_id", "id", "version", "state", "contract_id", "source", "rule",
    "holder", "starts_on", "ends_on", "observations", "calculation_id", "arose_at",
)  # fmt: skip
_LAPSE: Final = Statement(
    updating(right_to_end).values(
        state=bindparam("new_state"),
        version=right_to_end.c.version + 1,
        lapsed_at=bindparam("when"),
        lapsed_with=bindparam("calculation"),
    )
)


async def follow(tx: Tx, told: Told, *, by: Actor, at: datetime) -> None:
    """Keep what follows for rights to end a contract from what was just calculated under it.

    Requires that the contract is held. Effects: `right.arose` and `right.lapsed`, for the
    parties; nothing where every right stands as before.
    """
    for facts in await queries.facts(tx, told):
        await _arise(tx, facts, by=by, at=at)
        await _lapse(tx, facts, by=by, at=at)


async def _arise(tx: Tx, facts: RightFacts, *, by: Actor, at: datetime) -> None:
    arose = rules.arise(facts, by=by, at=at)
    if arose is None:
        return
    authority = authority_of(facts.contract_id)
    right_id = mint("right", authority=authority)
    await tx.run(
        _ARISE,
        authority_id=authority, id=right_id, version=1, state=arose.state,
        contract_id=facts.contract_id, source=facts.source, rule=facts.code, holder=arose.holder,
        starts_on=arose.period.starts_on, ends_on=arose.period.ends_on,
        observations=msgspec.json.encode(arose.observations),
        calculation_id=arose.calculation_id, arose_at=at,
    )  # fmt: skip
    await history.record(
        tx, "right.arose", right_id, facts=facts, decision=arose, by=by, at=at,
        audience=await contracts.audience(tx, facts.contract_id),
    )  # fmt: skip


async def _lapse(tx: Tx, facts: RightFacts, *, by: Actor, at: datetime) -> None:
    lapsed = rules.lapse(facts, by=by, at=at)
    if lapsed is None or facts.standing_id is None:
        return
    await tx.run(
        _LAPSE,
        of_authority=authority_of(facts.standing_id), of=facts.standing_id,
        new_state=lapsed.state, when=at, calculation=lapsed.calculation_id,
    )  # fmt: skip
    await history.record(
        tx, "right.lapsed", facts.standing_id, facts=facts, decision=lapsed, by=by, at=at,
        audience=await contracts.audience(tx, facts.contract_id),
    )  # fmt: skip
