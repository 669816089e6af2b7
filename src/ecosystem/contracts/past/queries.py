"""Read a contract as it was."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.contracts.queries import SEEN, reads_as
from ecosystem.contracts.rules import ContractMissing
from ecosystem.contracts.tables import contract
from ecosystem.history.past.model import Asked, Comparison, Moment
from ecosystem.history.past.queries import Past
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_PAST: Final = Past(
    select(contract.c.id).where(
        contract.c.authority_id == bindparam("authority_id", type_=Integer),
        contract.c.id == bindparam("id", type_=Text),
        SEEN,
    )
)


async def past(tx: Tx, contract_id: str, *, seen_by: Actor | None, asked: Asked) -> bytes:
    """Return the JSON of a contract as of what is asked.

    Refuses with ContractMissing where today's is not the reader's to see, and as `Past.read`.
    """
    memory = await _PAST.read(
        tx, contract_id, asked=asked, id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **reads_as(seen_by, scope="contracts:read"),
    )  # fmt: skip
    if memory is None:
        raise _missing()
    return memory.answer()


async def compare(
    tx: Tx, contract_id: str, *, since: Moment | None, until: Moment, seen_by: Actor
) -> Comparison:
    """Return how a contract was at two moments, and what happened to it in between.

    Refuses with ContractMissing where today's is not the caller's to see, and as `Past.compare`.
    """
    found = await _PAST.compare(
        tx, contract_id, since=since, until=until, id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **reads_as(seen_by),
    )  # fmt: skip
    if found is None:
        raise _missing()
    return found


def _missing() -> ContractMissing:
    return ContractMissing("No such contract is in force, or a draft of the caller's.")
