"""Bind anew what is short after the end of a contract, or have it wait; give back what is left."""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import bindparam

from ecosystem.budgets import actions as budgets
from ecosystem.budgets import queries as programmes
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.ledger import actions as ledger
from ecosystem.payments.computing.accounts import earning
from ecosystem.payments.covering import queries, rules
from ecosystem.payments.covering.model import Covered, CoverFacts, State
from ecosystem.payments.covering.tables import shortfall
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_ARISE: Final = inserting(
    shortfall, "authority_id", "id", "version", "state", "contract_id", "programme_id", "amount",
    "currency", "arose_at",
)  # fmt: skip
_END: Final = Statement(
    updating(shortfall).values(
        state=bindparam("new_state"), version=shortfall.c.version + 1, ended_at=bindparam("when")
    )
)
_ENDED: Final = {State.COVERED: "shortfall.covered", State.LAPSED: "shortfall.lapsed"}


class Found(NamedTuple):
    """What is decided on under a contract that has ended, and the decision."""

    facts: CoverFacts
    covered: Covered

    def is_short(self) -> bool:
        """Tell whether the calculations wait."""
        return self.covered.is_short


async def cover(tx: Tx, asked: queries.AskedFor, row: Record, *, by: Actor, at: datetime) -> Found:
    """Bind anew what new calculations under a contract that has ended are short of.

    Where the programme has less, nothing moves and the shortfall waits. Requires that the contract
    and its payments are held. Effects: locks the programme and the accounts; `shortfall.arose`,
    `shortfall.covered` or `shortfall.lapsed`, for who is paid; as `budgets.adjust`.
    """
    programme_id, contract_id = row["programme_id"], row["id"]
    await programmes.locked(tx, programme_id)
    accounts = (programmes.available_in(programme_id), *earning(row, contract_id))
    await ledger.hold(tx, accounts, currency=row["currency"])
    waits = await queries.waiting(tx, contract_id, authority=row["authority_id"])
    facts = await queries.cover_facts(tx, asked, row, waits=waits, by=by, at=at)
    covered = rules.cover(facts, by=by, at=at)
    told = Audience(organisations=tuple(one.payee_id for one in asked.dues))
    if waits is not None:
        await _end(tx, waits["id"], facts, told, by=by, at=at)
    await _arise(tx, facts, row, told, by=by, at=at)
    if not covered.is_short and Decimal(covered.more) > 0:
        after = Decimal(facts.bound) + Decimal(covered.more)
        await _adjust(tx, facts, row, before=Decimal(facts.bound), after=after, by=by, at=at)
    return Found(facts, covered)


async def give_back(tx: Tx, found: Found, row: Record, *, by: Actor, at: datetime) -> None:
    """Return to the programme what is bound no more, once the calculations stand that free it.

    Effects: as `budgets.adjust`.
    """
    more, kept = Decimal(found.covered.more), Decimal(found.facts.kept)
    if more < 0:
        await _adjust(tx, found.facts, row, before=kept - more, after=kept, by=by, at=at)


async def _arise(
    tx: Tx, facts: CoverFacts, row: Record, told: Audience, *, by: Actor, at: datetime
) -> None:
    arose = rules.arise(facts, by=by, at=at)
    if arose is None:
        return
    shortfall_id = mint("shortfall", authority=row["authority_id"])
    await tx.run(
        _ARISE,
        authority_id=row["authority_id"], id=shortfall_id, version=1, state=arose.state,
        contract_id=facts.contract_id, programme_id=row["programme_id"],
        amount=arose.amount.decimal(), currency=facts.currency, arose_at=at,
    )  # fmt: skip
    await history.record(
        tx, "shortfall.arose", shortfall_id, facts=facts, decision=arose, by=by, at=at,
        audience=told,
    )  # fmt: skip


async def _end(
    tx: Tx, shortfall_id: str, facts: CoverFacts, told: Audience, *, by: Actor, at: datetime
) -> None:
    ended = rules.end(facts, by=by, at=at)
    if ended is None:
        return
    await tx.run(
        _END,
        of_authority=authority_of(shortfall_id), of=shortfall_id, new_state=ended.state, when=at,
    )  # fmt: skip
    await history.record(
        tx, _ENDED[ended.state], shortfall_id, facts=facts, decision=ended, by=by, at=at,
        audience=told,
    )  # fmt: skip


async def _adjust(
    tx: Tx, facts: CoverFacts, row: Record, *, before: Decimal, after: Decimal, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    await budgets.adjust(
        tx, programme_id=row["programme_id"], contract_id=facts.contract_id,
        before=money.of(before, facts.currency), after=money.of(after, facts.currency), by=by,
        at=at,
    )  # fmt: skip
