"""Read notices of deductions: facts for the rules, locked; views for people."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import ARRAY, Integer, Text, all_, bindparam, func, or_, select, text

from ecosystem.catalogue.profiles.days import within
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.queries import rules_of
from ecosystem.payments.calculation import Calculation, Relief, Stage
from ecosystem.payments.deducting import rules
from ecosystem.payments.deducting.model import (
    AnnounceFacts,
    DeductedLine,
    DeductedPart,
    Heard,
    NoticeFacts,
    State,
)
from ecosystem.payments.deducting.rules import DeductionMissing
from ecosystem.payments.deducting.tables import deduction_notice, deduction_reply
from ecosystem.payments.model import Placed, Relieved, StepMade
from ecosystem.payments.pipeline import RELIEF
from ecosystem.payments.queries import payee_of
from ecosystem.payments.tables import calculation
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money, revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_of = deduction_notice.c
_KEY: Final = (_of.authority_id == _AUTHORITY, _of.id == bindparam("id", type_=Text))
_OF_CONTRACT: Final = (_of.authority_id == _AUTHORITY, _of.contract_id == _CONTRACT)
_OPEN: Final = [State.ANNOUNCED.value, State.REPLIED.value]
_said = (
    select(
        deduction_reply.c.organisation_id,
        deduction_reply.c.reply,
        deduction_reply.c.replied_by,
        instant(deduction_reply.c.replied_at).label("replied_at"),
    )
    .where(
        deduction_reply.c.authority_id == _of.authority_id,
        deduction_reply.c.deduction_id == _of.id,
    )
    .order_by(deduction_reply.c.replied_at, deduction_reply.c.organisation_id)
    .correlate(deduction_notice)
    .lateral("said")
)
_REPLIES: Final = (
    select(func.coalesce(func.json_agg(func.row_to_json(_said.table_valued())), text("'[]'::json")))
    .select_from(_said)
    .scalar_subquery()
)
_VIEW: Final = (
    _of.id, _of.version, _of.state, _of.contract_id, _of.parts, _of.calculation_id,
    _of.ordinal, _of.lines, _of.announced_by, _of.reasons, _of.answers, _of.decided_by,
    _REPLIES.label("replies"),
    *(money_json(_of[name], _of.currency).label(name) for name in ("amount", "kept")),
    *(
        instant(_of[name]).label(name)
        for name in ("announced_at", "reply_ends_at", "decided_at")
    ),
)  # fmt: skip
_one = select(*_VIEW).where(*_KEY).subquery("one")
_ONE: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
DEDUCTIONS: Final = page_of(select(*_VIEW).where(*_OF_CONTRACT))
"""A page of the notices of a contract that the reader may know of."""
_CONTRACT_OF: Final = Statement(select(_of.contract_id).where(*_KEY))
_LOCKED: Final = Statement(select(deduction_notice).where(*_KEY).with_for_update())
_STANDING: Final = Statement(
    select(deduction_notice)
    .where(*_OF_CONTRACT, _of.ordinal == bindparam("ordinal", type_=Integer))
    .where(_of.state.in_(_OPEN))
    .with_for_update()
)
_HEARD: Final = Statement(
    select(deduction_reply.c.organisation_id, deduction_reply.c.replied_by)
    .where(
        deduction_reply.c.authority_id == _AUTHORITY,
        deduction_reply.c.deduction_id == bindparam("id", type_=Text),
    )
    .order_by(deduction_reply.c.replied_at, deduction_reply.c.organisation_id)
)
DROPPED: Final = Ahead(
    select(_of.id, _of.version, _of.ordinal, (_of.amount - _of.kept).label("dropped"), _of.currency)
    .where(*_OF_CONTRACT, _of.kept < _of.amount)
    .order_by(_of.id)
)
"""What was dropped of a contract's deductions."""
_CONTESTED: Final = Statement(
    select(func.coalesce(func.sum(_of.amount), 0)).where(
        *_OF_CONTRACT,
        _of.ordinal != all_(bindparam("besides", type_=ARRAY(Integer))),
        or_(
            _of.state == State.REPLIED.value,
            (_of.state == State.ANNOUNCED.value) & (_of.reply_ends_at > bindparam("now")),
        ),
    )
)
_DOCUMENT: Final = Statement(
    select(calculation.c.document).where(
        calculation.c.authority_id == _AUTHORITY, calculation.c.id == bindparam("id", type_=Text)
    )
)


async def view(tx: Tx, deduction_id: str) -> Record:
    """Return a notice's JSON as `body`, and its version. Refuses with DeductionMissing."""
    return _found(await tx.row(_ONE, **_named(deduction_id)))


async def contract_of(tx: Tx, deduction_id: str) -> str:
    """Return the contract of a notice that the caller sees. Refuses with DeductionMissing."""
    found: str = _found(await tx.row(_CONTRACT_OF, **_named(deduction_id)))["contract_id"]
    return found


async def locked(tx: Tx, deduction_id: str, *, expected: int | None) -> tuple[NoticeFacts, Record]:
    """Lock a notice; return what a step is checked against, and its row.

    Refuses with DeductionMissing, or RevisionStale where `expected` is another version.
    """
    row = _found(await tx.row(_LOCKED, **_named(deduction_id)))
    revision.check(expected, actual=row["version"])
    return await _facts(tx, row), row


async def standing(
    tx: Tx, contract_id: str, *, ordinal: int
) -> tuple[tuple[NoticeFacts, Record], ...]:
    """Lock the notices of a step that are not final, and return them with their rows."""
    rows = await tx.rows(
        _STANDING, authority_id=authority_of(contract_id), contract_id=contract_id, ordinal=ordinal
    )
    return tuple([(await _facts(tx, row), row) for row in rows])


async def reliefs(tx: Tx, contract_id: str) -> tuple[Relieved, ...]:
    """Return what was dropped of a contract's deductions, after replies."""
    rows = await tx.rows(DROPPED, authority_id=authority_of(contract_id), contract_id=contract_id)
    return tuple(
        Relieved(
            ordinal=row["ordinal"],
            relief=Relief(
                id=row["id"],
                version=row["version"],
                amount=money.of(row["dropped"], row["currency"]).amount,
            ),
        )
        for row in rows
    )


async def contested(tx: Tx, contract_id: str, *, at: datetime) -> str:
    """Return what is deducted under a contract and not final at a time, as a decimal string."""
    return f"{await _contested(tx, contract_id, at=at):f}"


async def contested_after(
    tx: Tx, contract_id: str, made: Iterable[StepMade], *, by: Actor, at: datetime
) -> Decimal:
    """Return what is deducted and not final once new calculations are kept and announced."""
    found, again = Decimal(0), list[int]()
    for one in made:
        placed = Placed(contract_id=contract_id, ordinal=one.ordinal, supersedes=one.supersedes)
        facts = await announce_facts(tx, "", placed, one.calculation, at=at)
        if rules.is_changed(facts):
            again.append(one.ordinal)
            announced = rules.announce(facts, by=by, at=at)
            found += Decimal(0) if announced is None else announced.amount.decimal()
    return found + await _contested(tx, contract_id, at=at, besides=again)


async def _contested(
    tx: Tx, contract_id: str, *, at: datetime, besides: Sequence[int] = ()
) -> Decimal:
    found: Decimal = await tx.value(
        _CONTESTED,
        authority_id=authority_of(contract_id), contract_id=contract_id, now=at,
        besides=list(besides),
    )  # fmt: skip
    return found


async def announce_facts(
    tx: Tx, calculation_id: str, placed: Placed, made: Calculation, *, at: datetime
) -> AnnounceFacts:
    """Return what is announced of a new calculation."""
    terms, row = await contracts.terms(tx, placed.contract_id)
    law = await rules_of(tx, row)
    dropped = (Decimal(one.amount) for one in made.lines if one.rule == RELIEF)
    return AnnounceFacts(
        contract_id=placed.contract_id,
        calculation_id=calculation_id,
        ordinal=placed.ordinal,
        currency=made.currency,
        lines=tuple(_deducted(made)),
        parts=tuple(_parts(made, lead_id=payee_of(terms))),
        before=await _before(tx, placed),
        dropped=f"{sum(dropped, Decimal(0)):f}",
        reply=law.rules.deduction_reply,
        calendar=within(law.calendar, first=at.year, last=at.year + 1),
    )


async def _before(tx: Tx, placed: Placed) -> tuple[DeductedLine, ...]:
    if placed.supersedes is None:
        return ()
    document = await tx.value(
        _DOCUMENT, authority_id=authority_of(placed.contract_id), id=placed.supersedes
    )
    return tuple(_deducted(msgspec.json.decode(document, type=Calculation)))


def _deducted(made: Calculation) -> Iterator[DeductedLine]:
    titles = {rule.code: rule.title for rule in made.rules}
    for line in made.lines:
        if line.stage is Stage.DEDUCTIONS and line.rule != RELIEF and line.amount.startswith("-"):
            yield DeductedLine(
                rule=line.rule,
                ground=titles.get(line.rule, line.formula),
                formula=line.formula,
                inputs=line.inputs,
                amount=line.amount,
            )


def _parts(made: Calculation, *, lead_id: str) -> Iterator[DeductedPart]:
    """Yield what of a deduction, less what was dropped of it before, falls on whom."""
    places = [at for at, one in enumerate(made.lines) if one.stage is Stage.DEDUCTIONS]
    members = made.members()
    for one in members:
        falls = -sum((Decimal(one.lines[at]) for at in places), Decimal(0))
        yield DeductedPart(organisation_id=one.organisation_id, amount=f"{falls + 0:f}")
    if not members:
        whole = -sum((Decimal(made.lines[at].amount) for at in places), Decimal(0))
        yield DeductedPart(organisation_id=lead_id, amount=f"{whole + 0:f}")


async def _facts(tx: Tx, row: Record) -> NoticeFacts:
    heard = await tx.rows(_HEARD, authority_id=row["authority_id"], id=row["id"])
    return NoticeFacts(
        state=State(row["state"]),
        contract_id=row["contract_id"],
        authority_number=row["authority_id"],
        parts=msgspec.json.decode(row["parts"], type=tuple[DeductedPart, ...]),
        amount=money.of(row["amount"], row["currency"]),
        announced_by=row["announced_by"],
        reply_ends_at=row["reply_ends_at"],
        heard=tuple(
            Heard(organisation_id=one["organisation_id"], replied_by=one["replied_by"])
            for one in heard
        ),
    )


def _named(deduction_id: str) -> dict[str, Any]:
    authority = owner(deduction_id, "deduction", otherwise=DeductionMissing)
    return {"authority_id": authority, "id": deduction_id}


def _found(row: Record | None) -> Record:
    if row is None:
        raise DeductionMissing("No deduction that the caller may know of bears this identifier.")
    return row
