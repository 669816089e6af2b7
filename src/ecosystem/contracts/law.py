"""Which rules a contract is under: those that its need was published under."""

from datetime import datetime
from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.contracts.tables import contract
from ecosystem.needs.tables import need
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.identifiers import authority_of

_LAW: Final = Statement(
    select(need.c.profile_id, need.c.published_at, need.c.jurisdiction)
    .join(
        contract,
        (contract.c.authority_id == need.c.authority_id) & (contract.c.need_id == need.c.id),
    )
    .where(contract.c.authority_id == bindparam("authority_id", type_=Integer))
    .where(contract.c.id == bindparam("contract_id", type_=Text))
)


async def law_of(tx: Tx, contract_id: str, *, at: datetime) -> InForce:
    """Return the rules that a contract's need was published under.

    Where it never was, those of its place at a time.
    """
    row = await tx.row(_LAW, authority_id=authority_of(contract_id), contract_id=contract_id)
    if row is None:
        message = f"the need of {contract_id} is not there"
        raise LookupError(message)
    if row["profile_id"] is None:
        return await profiles.profile_at(tx, jurisdiction=row["jurisdiction"], at=at)
    return await profiles.profile_kept(tx, row["profile_id"], at=row["published_at"])
