"""Read rights to end a contract: facts for the rules; views, as row-level security lets one."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, bindparam, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rights.model import Held, RightFacts, Source, Told
from ecosystem.contracts.rights.rules import entitlements
from ecosystem.contracts.rights.tables import right_to_end
from ecosystem.runtime.columns import instant
from ecosystem.runtime.database import Ahead, Record, Tx
from ecosystem.runtime.paging import page_of

_of = right_to_end.c
_OF_CONTRACT: Final = (
    _of.authority_id == bindparam("authority_id", type_=Integer),
    _of.contract_id == bindparam("contract_id", type_=Text),
)
_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    _of.id, _of.version, _of.state, _of.contract_id, _of.source, _of.rule,
    _of.rule.label("ground"), _of.holder, _of.starts_on, _of.ends_on, _of.observations,
    _of.calculation_id, instant(_of.arose_at).label("arose_at"),
    instant(_of.lapsed_at).label("lapsed_at"), _of.lapsed_with,
)  # fmt: skip
RIGHTS: Final = page_of(select(*_WHOLE).where(*_OF_CONTRACT))
"""A page of the rights under a contract, also of those that have lapsed."""
STANDING: Final = Ahead(
    select(_of.id, _of.source, _of.rule, _of.holder)
    .where(*_OF_CONTRACT, _of.state == "standing")
    .order_by(_of.id)
)
"""The rights that stand under a contract."""


async def facts(tx: Tx, told: Told) -> tuple[RightFacts, ...]:
    """Return what is decided on about each right that can arise under a contract, or that stands.

    The contract is held.
    """
    terms, row = await contracts.terms(tx, told.contract_id)
    standing = {(one["source"], one["rule"]): one["id"] for one in await _standing(tx, row)}
    asked = {(one.source.value, one.code): one for one in entitlements(terms)}
    return tuple(
        RightFacts(
            contract_id=told.contract_id,
            contract_state=ContractState(row["state"]),
            source=Source(source),
            code=code,
            entitlement=(of := asked.get((source, code))),
            seen=() if of is None else tuple(s for s in told.seen if s.metric == of.metric),
            made=told.made,
            standing_id=standing.get((source, code)),
        )
        for source, code in sorted(asked.keys() | standing.keys())
    )


async def held(tx: Tx, row: Record, terms: ContractTerms) -> tuple[Held, ...]:
    """Return the rights that stand under a contract that is locked."""
    return tuple(_held(await _standing(tx, row), terms))


def _held(rows: list[Record], terms: ContractTerms) -> Iterator[Held]:
    notice = {one.code: one.notice_days for one in terms.termination}
    for row in rows:
        is_said = row["source"] == Source.TERMINATION
        yield Held(
            right_id=row["id"],
            code=row["rule"],
            holder=row["holder"],
            notice_days=notice.get(row["rule"], 0) if is_said else 0,
        )


async def _standing(tx: Tx, row: Record) -> list[Record]:
    return await tx.rows(STANDING, authority_id=row["authority_id"], contract_id=row["id"])
