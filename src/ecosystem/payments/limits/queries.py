"""Read approval limits: those of an authority, and the one that holds for a person."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, func, select

from ecosystem.identity.tables import membership
from ecosystem.payments.limits.model import LimitDraft, LimitFacts
from ecosystem.payments.limits.tables import approval_limit
from ecosystem.runtime.columns import instant
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.money import Amount

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_PERSON: Final = bindparam("person_id", type_=Text)
LIMITS: Final = page_of(
    select(
        approval_limit.c.id,
        approval_limit.c.person_id,
        money_json(approval_limit.c.amount, approval_limit.c.currency).label("most"),
        approval_limit.c.set_by,
        instant(approval_limit.c.set_at).label("set_at"),
    ).where(approval_limit.c.authority_id == _AUTHORITY)
)
"""A page of the limits of an authority, also of those that newer ones replace."""
_HOLDING: Final = Statement(
    select(func.approval_limit_of(_AUTHORITY, _PERSON, bindparam("currency", type_=Text)))
)
_LIMITED: Final = Statement(
    select(approval_limit.c.id)
    .where(
        approval_limit.c.authority_id == _AUTHORITY,
        approval_limit.c.currency == bindparam("currency", type_=Text),
        approval_limit.c.person_id == _PERSON,
    )
    .limit(1)
)
_MEMBER: Final = Statement(
    select(membership.c.person_id).where(
        membership.c.organisation_id == bindparam("organisation_id", type_=Text),
        membership.c.person_id == _PERSON,
    )
)


async def holding(tx: Tx, *, by: Actor, currency: str) -> Amount | None:
    """Return most that the caller may approve at once in a currency; None without a limit."""
    found = await tx.value(
        _HOLDING, authority_id=by.organisation_number, person_id=by.person_id, currency=currency
    )
    return None if found is None else money.of(found, currency).amount


async def facts(tx: Tx, asked: LimitDraft, *, by: Actor) -> LimitFacts:
    """Return what a limit is checked against."""
    found = asked.person_id is None or await tx.value(
        _MEMBER, organisation_id=by.organisation_id, person_id=asked.person_id
    )
    limited = await tx.value(
        _LIMITED,
        authority_id=by.organisation_number, person_id=by.person_id, currency=asked.most.currency,
    )  # fmt: skip
    return LimitFacts(
        asked=asked, is_of_authority=found is not None, is_limited=limited is not None
    )
