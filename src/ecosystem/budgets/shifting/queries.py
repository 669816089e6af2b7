"""Read shifts: facts for the rules, with all programmes locked; views for people."""

from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Integer, Text, bindparam, func, or_, select

from ecosystem.budgets import queries as budgets
from ecosystem.budgets.shifting.model import (
    DecideFacts,
    Given,
    ProgrammeNow,
    ShiftDraft,
    ShiftFacts,
    ShiftKind,
    ShiftState,
)
from ecosystem.budgets.shifting.rules import ShiftMissing
from ecosystem.budgets.shifting.tables import shift
from ecosystem.budgets.tables import appropriation
from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.identity import queries as identity
from ecosystem.identity.tables import organisation
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.tables import transfer
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money, revision
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import owner
from ecosystem.values.money import Money
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_KEY: Final = (shift.c.authority_id == _AUTHORITY, shift.c.id == bindparam("id", type_=Text))
_SEEN: Final = or_(
    shift.c.state == ShiftState.APPROVED.value,
    shift.c.authority_id == bindparam("own", type_=Integer),
    identity.is_overseen(shift.c.authority_id, bindparam("oversees", type_=Text)),
)
_WHOLE: Final = select(
    shift.c.id, shift.c.version, shift.c.state, shift.c.kind, shift.c.from_id, shift.c.to_id,
    shift.c.appropriation_id, money_json(shift.c.amount, shift.c.currency).label("amount"),
    shift.c.reason, shift.c.proposed_by, instant(shift.c.proposed_at).label("proposed_at"),
    shift.c.decided_by, instant(shift.c.decided_at).label("decided_at"), shift.c.rejection,
)  # fmt: skip
_one = _WHOLE.where(*_KEY, _SEEN).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
_PROGRAMME: Final = bindparam("programme_id", type_=Text)
SHIFTS: Final = page_of(
    _WHOLE.where(
        shift.c.authority_id == _AUTHORITY,
        or_(shift.c.from_id == _PROGRAMME, shift.c.to_id == _PROGRAMME),
        _SEEN,
    )
)
_LOCKED: Final = Statement(select(shift).where(*_KEY).with_for_update(key_share=True))
_GIVEN: Final = Statement(
    select(
        appropriation.c.amount,
        appropriation.c.currency,
        budgets.CORRECTED.label("is_corrected"),
    ).where(
        appropriation.c.authority_id == _AUTHORITY,
        appropriation.c.programme_id == _PROGRAMME,
        appropriation.c.id == bindparam("id", type_=Text),
    )
)
_MOVED: Final = Statement(
    select(transfer.c.id).where(
        transfer.c.authority_id == _AUTHORITY,
        transfer.c.reference == bindparam("reference", type_=Text),
    )
)
_CARRIED: Final = Statement(
    select(func.coalesce(func.sum(shift.c.amount), 0)).where(
        shift.c.authority_id == _AUTHORITY,
        shift.c.from_id == _PROGRAMME,
        shift.c.kind == ShiftKind.CARRY_FORWARD.value,
        shift.c.state == ShiftState.APPROVED.value,
    )
)
_PLACE: Final = Statement(
    select(organisation.c.jurisdiction).where(organisation.c.number == _AUTHORITY)
)


def reads_as(by: Actor | None) -> dict[str, Any]:
    """Return who reads, as the views of shifts take it."""
    may = by is not None and "budgets:read" in by.scopes
    own = by.organisation_number if may and by and by.kind is OrganisationKind.GOVERNMENT else -1
    return {"own": own, "oversees": (by.oversees or "") if may and by else ""}


async def view(tx: Tx, shift_id: str, *, seen_by: Actor | None) -> Record:
    """Return a shift's JSON, and its version. Refuses with ShiftMissing."""
    authority = owner(shift_id, "shift", otherwise=ShiftMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=shift_id, **reads_as(seen_by)))


async def shift_facts(tx: Tx, programme_id: str, asked: ShiftDraft, *, shift_id: str) -> ShiftFacts:
    """Lock the programmes of a shift, and return what it is checked against.

    Refuses with ProgrammeMissing.
    """
    named = {programme_id} if asked.to_id is None else {programme_id, asked.to_id}
    rows = {one: await budgets.locked(tx, one) for one in sorted(named)}
    source = rows[programme_id]
    profile = await _profile(tx, source)
    return ShiftFacts(
        shift_id=shift_id,
        asked=asked,
        source=await _now(tx, source),
        target=await _now(tx, rows[asked.to_id]) if asked.to_id else None,
        given=await _given(tx, source, asked.appropriation_id),
        year=profile.rules.fiscal_year,
        time_zone=profile.calendar.time_zone,
    )


async def decide_facts(
    tx: Tx, shift_id: str, *, by: Actor, expected: int | None
) -> tuple[DecideFacts, Record]:
    """Lock a shift and its programmes; return what its decision is checked against.

    Refuses with ShiftMissing or RevisionStale.
    """
    authority = owner(shift_id, "shift", otherwise=ShiftMissing)
    row = await tx.row(_LOCKED, authority_id=authority, id=shift_id)
    if row is None or row["authority_id"] != by.organisation_number:
        raise ShiftMissing("The caller's authority has no such shift.")
    revision.check(expected, actual=row["version"])
    asked = ShiftDraft(
        kind=ShiftKind(row["kind"]), to_id=row["to_id"], amount=_asked(row),
        appropriation_id=row["appropriation_id"],
        reason=msgspec.json.decode(row["reason"], type=Words),
    )  # fmt: skip
    facts = await shift_facts(tx, row["from_id"], asked, shift_id=shift_id)
    decided = DecideFacts(
        state=ShiftState(row["state"]), proposed_by=row["proposed_by"], shift=facts
    )
    return decided, row


async def transfer_of(tx: Tx, appropriation_id: str, *, authority: int) -> str:
    """Return the transfer by which an appropriation came in."""
    found: str = await tx.value(_MOVED, authority_id=authority, reference=appropriation_id)
    return found


def _asked(row: Record) -> Money | None:
    return None if row["asked"] is None else money.of(row["asked"], row["currency"])


async def _profile(tx: Tx, row: Record) -> InForce:
    """Return the rules of the authority's place for the year of its programme."""
    place: str = await tx.value(_PLACE, authority_id=row["authority_id"]) or ""
    return await profiles.profile_for(tx, jurisdiction=place, on=date(row["fiscal_year"], 1, 1))


async def _now(tx: Tx, row: Record) -> ProgrammeNow:
    authority, programme_id, currency = row["authority_id"], row["id"], row["currency"]
    left = await ledger.balance(tx, budgets.available_in(programme_id), currency=currency)
    whole = await ledger.balance(tx, budgets.appropriated_to(programme_id), currency=currency)
    carried = await tx.value(_CARRIED, authority_id=authority, programme_id=programme_id)
    return ProgrammeNow(
        id=programme_id, authority_number=authority, fiscal_year=row["fiscal_year"],
        sector=row["sector"], operation=row["operation"], phase=row["phase"], currency=currency,
        available=f"{left:f}", appropriated=f"{-whole:f}", carried=f"{carried:f}",
    )  # fmt: skip


async def _given(tx: Tx, row: Record, appropriation_id: str | None) -> Given | None:
    if appropriation_id is None:
        return None
    found = await tx.row(
        _GIVEN, authority_id=row["authority_id"], programme_id=row["id"], id=appropriation_id
    )
    if found is None:
        return None
    return Given(
        id=appropriation_id,
        amount=money.of(found["amount"], found["currency"]),
        is_corrected=found["is_corrected"],
    )


def _found(row: Record | None) -> Record:
    if row is None:
        raise ShiftMissing("There is no such shift for the caller to read.")
    return row
