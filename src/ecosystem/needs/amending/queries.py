"""Read how needs have changed, and what a change is checked against."""

from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import ARRAY, Integer, Text, bindparam, select

from ecosystem.budgets import queries as budgets
from ecosystem.catalogue import queries as catalogue
from ecosystem.needs import queries as needs
from ecosystem.needs.amending.model import AmendFacts, ChangeFacts, NeedChange
from ecosystem.needs.amending.rules import changed
from ecosystem.needs.attachments import queries as attachments
from ecosystem.needs.model import Lot, State
from ecosystem.needs.tables import need_amendment
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
AMENDMENTS: Final = page_of(
    select(
        need_amendment.c.id,
        need_amendment.c.need_id,
        need_amendment.c.version,
        need_amendment.c.reason,
        need_amendment.c.differences,
        need_amendment.c.is_extended,
        need_amendment.c.amended_at,
    ).where(
        need_amendment.c.authority_id == _AUTHORITY,
        need_amendment.c.need_id == bindparam("need_id", type_=Text),
    )
)
_BESIDE: Final = Statement(
    select(
        catalogue.known_standards(bindparam("codes", type_=ARRAY(Text))).label("known"),
        budgets.left(
            bindparam("programme_id", type_=Text),
            authority_id=_AUTHORITY,
            currency=bindparam("currency", type_=Text),
        ).label("available"),
    )
)


async def change_facts(
    tx: Tx, row: Record, changes: NeedChange, *, mint: Callable[[], str]
) -> ChangeFacts:
    """Return what the change of a locked need is checked against; lots keep their identifiers.

    `mint` makes the identifier of a lot that is new.
    """
    before = needs.asked_of(row)
    after = changed(before, changes)
    known = [one.id for one in msgspec.json.decode(row["lots"], type=tuple[Lot, ...])]
    wanted = len(after.lots)
    return ChangeFacts(
        authority_number=row["authority_id"],
        state=State(row["state_now"]),
        before=before,
        after=after,
        lot_ids=(*known[:wanted], *(mint() for _ in range(wanted - len(known)))),
        documents=needs.documents_of(row),
        files=await attachments.files(tx, row),
    )


async def amend_facts(
    tx: Tx, row: Record, changes: NeedChange, *, reason: Words, mint: Callable[[], str]
) -> AmendFacts:
    """Return what the amendment of a locked need that is public is checked against."""
    facts = await change_facts(tx, row, changes, mint=mint)
    after = facts.after
    beside = await tx.row(
        _BESIDE, authority_id=facts.authority_number, codes=sorted(set(after.standards)),
        programme_id=after.programme_id, currency=after.lots[0].ceiling.currency,
    )  # fmt: skip
    known, available = (None, None) if beside is None else (beside["known"], beside["available"])
    return AmendFacts(
        **{name: getattr(facts, name) for name in facts.__struct_fields__},
        reason=reason,
        unknown_standards=catalogue.not_known(after.standards, known),
        is_form_known=needs.is_shipped(after.contract_form),
        in_force=await needs.rules_of(tx, row),
        programme_available=None if available is None else f"{available:f}",
    )
