"""Open programmes and appropriate to them; commit, release and obligate for the rooms above."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.budgets import queries, rules
from ecosystem.budgets.model import AppropriationDraft, ProgrammeDraft
from ecosystem.budgets.tables import appropriation, programme
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountName, Leg
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money
from ecosystem.values.text import Text

_STATE: Final = "open"
_INSERT: Final = inserting(programme)
_APPROPRIATED: Final = inserting(appropriation)
_CHANGED: Final = Statement(
    update(programme)
    .where(
        programme.c.authority_id == bindparam("of_authority"),
        programme.c.id == bindparam("of_programme"),
    )
    .values(version=programme.c.version + 1)
)


async def open_programme(tx: Tx, asked: ProgrammeDraft, *, by: Actor, at: datetime) -> Standing:
    """Open a programme of the caller's authority. Refuses with CurrencyUnknown."""
    opened = rules.open_programme(asked, by=by, at=at)
    authority = by.organisation_number
    programme_id = mint("programme", authority=authority)
    await tx.run(
        _INSERT,
        authority_id=authority, id=programme_id, version=1,
        name=msgspec.json.encode(asked.name), fiscal_year=asked.fiscal_year,
        sector=asked.sector, operation=asked.operation, phase=asked.phase,
        currency=asked.currency,
    )  # fmt: skip
    version = await history.record(
        tx, "programme.opened", programme_id, facts=asked, decision=opened, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=programme_id, state=_STATE, version=version)


async def appropriate(
    tx: Tx,
    programme_id: str,
    asked: AppropriationDraft,
    *,
    by: Actor,
    at: datetime,
    expected: int | None,
) -> Standing:
    """Bring money into a programme.

    Refuses with ProgrammeMissing, RevisionStale, and as the rule does; then as the reaction
    does to an assessment that is cited. Effects: locks the programme; one row that stays;
    `programme.appropriated`; one transfer, which bears the appropriation as its reference.
    """
    row = await queries.locked(tx, programme_id, expected=expected)
    appropriation_id = mint("appropriation", authority=authority_of(programme_id))
    facts = await queries.appropriation_facts(tx, row, asked, appropriation_id=appropriation_id)
    appropriated = rules.appropriate(facts, by=by, at=at)
    version = await history.record(
        tx, "programme.appropriated", programme_id, facts=facts, decision=appropriated, by=by,
        at=at, audience=EVERYONE,
    )  # fmt: skip
    await tx.run(
        _APPROPRIATED,
        authority_id=row["authority_id"], id=appropriation_id, programme_id=programme_id,
        amount=asked.amount.decimal(), currency=row["currency"],
        reason=msgspec.json.encode(asked.reason), assessment_id=asked.assessment_id,
        departs_because=_said(asked.departs_because), appropriated_by=control.hand(by),
        appropriated_at=at,
    )  # fmt: skip
    await _move(
        tx, appropriated.amount, by=by, at=at, act="appropriate", reference=appropriation_id,
        debit=queries.appropriated_to(programme_id), credit=queries.available_in(programme_id),
    )  # fmt: skip
    return Standing(id=programme_id, state=_STATE, version=version)


async def commit(
    tx: Tx, *, programme_id: str, for_id: str, amount: Money, by: Actor, at: datetime
) -> None:
    """Promise an amount to the award `for_id`: from available to committed.

    Refuses with ProgrammeMissing, and as the rule does. Effects: locks the programme;
    `programme.committed`; one transfer, which bears the award as its reference.
    """
    row = await queries.locked(tx, programme_id)
    facts = await queries.commitment_facts(tx, row, award_id=for_id, amount=amount)
    committed = rules.commit(facts, by=by, at=at)
    await _move(
        tx, amount, by=by, at=at, act="commit", reference=for_id,
        debit=queries.available_in(programme_id),
        credit=queries.committed_to(for_id, programme_id=programme_id),
    )  # fmt: skip
    await history.record(
        tx, "programme.committed", programme_id, facts=facts, decision=committed, by=by, at=at
    )


async def release(
    tx: Tx, *, programme_id: str, for_id: str, amount: Money, by: Actor, at: datetime
) -> None:
    """Take back what the award `for_id` no longer needs: from committed to available.

    Refuses with ProgrammeMissing, and as the rule does. Effects as of `commit`, with
    `programme.released`.
    """
    row = await queries.locked(tx, programme_id)
    facts = await queries.commitment_facts(tx, row, award_id=for_id, amount=amount)
    released = rules.release(facts, by=by, at=at)
    await _move(
        tx, amount, by=by, at=at, act="release", reference=for_id,
        debit=queries.committed_to(for_id, programme_id=programme_id),
        credit=queries.available_in(programme_id),
    )  # fmt: skip
    await history.record(
        tx, "programme.released", programme_id, facts=facts, decision=released, by=by, at=at
    )


async def obligate(
    tx: Tx,
    *,
    programme_id: str,
    award_id: str,
    contract_id: str,
    amount: Money,
    by: Actor,
    at: datetime,
) -> None:
    """Bind what an award was promised by its contract: from committed to encumbered.

    Refuses with ProgrammeMissing, and as the rule does. Effects as of `commit`, with
    `programme.obligated`, and the contract as the transfer's reference.
    """
    row = await queries.locked(tx, programme_id)
    facts = await queries.commitment_facts(
        tx, row, award_id=award_id, amount=amount, contract_id=contract_id
    )
    obligated = rules.obligate(facts, by=by, at=at)
    await _move(
        tx, amount, by=by, at=at, act="obligate", reference=contract_id,
        debit=queries.committed_to(award_id, programme_id=programme_id),
        credit=queries.encumbered_by(contract_id, programme_id=programme_id),
    )  # fmt: skip
    await history.record(
        tx, "programme.obligated", programme_id, facts=facts, decision=obligated, by=by, at=at
    )


async def adjust(
    tx: Tx,
    *,
    programme_id: str,
    contract_id: str,
    before: Money,
    after: Money,
    by: Actor,
    at: datetime,
) -> None:
    """Bind by a contract the amount `after` instead of `before`; nothing where they are equal.

    Refuses with ProgrammeMissing, and as the rule does. Effects: locks the programme;
    `programme.adjusted`; one transfer between available and encumbered, with the contract as
    its reference.
    """
    if after == before:
        return
    row = await queries.locked(tx, programme_id)
    facts = await queries.adjustment_facts(
        tx, row, contract_id=contract_id, before=before, after=after
    )
    adjusted = rules.adjust(facts, by=by, at=at)
    left = queries.available_in(programme_id)
    bound = queries.encumbered_by(contract_id, programme_id=programme_id)
    if adjusted.raised is not None:
        await _move(
            tx, adjusted.raised, by=by, at=at, act="raise", reference=contract_id,
            debit=left, credit=bound,
        )  # fmt: skip
    if adjusted.lowered is not None:
        await _move(
            tx, adjusted.lowered, by=by, at=at, act="lower", reference=contract_id,
            debit=bound, credit=left,
        )  # fmt: skip
    await history.record(
        tx, "programme.adjusted", programme_id, facts=facts, decision=adjusted, by=by, at=at
    )


async def change(tx: Tx, programme_id: str) -> None:
    """Give a locked programme its next version, which one event of it must bear."""
    await tx.run(_CHANGED, of_authority=authority_of(programme_id), of_programme=programme_id)


def _said(text: Text | None) -> bytes | None:
    return None if text is None else msgspec.json.encode(text)


async def _move(
    tx: Tx,
    amount: Money,
    *,
    by: Actor,
    at: datetime,
    act: str,
    reference: str,
    debit: AccountName,
    credit: AccountName,
) -> None:
    await change(tx, debit.programme_id)
    leg = Leg(debit=debit, credit=credit, amount=amount)
    await ledger.move(tx, (leg,), by=by, at=at, act=act, reference=reference)
