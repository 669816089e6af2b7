"""Facts about a locked award that nobody has signed for, and its drafts."""

from datetime import datetime
from typing import Final

from sqlalchemy import Integer, Text, and_, bindparam, exists, or_, select

from ecosystem.awards.model import AwardTerms
from ecosystem.awards.rules import state_at
from ecosystem.catalogue.profiles.days import end_of
from ecosystem.catalogue.profiles.model import Counting, Span
from ecosystem.contracts.declining.model import CallFacts, DraftStanding, FallFacts
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.law import law_of
from ecosystem.contracts.model import State
from ecosystem.contracts.negotiating.tables import contract_proposal
from ecosystem.contracts.signing import queries as signing
from ecosystem.contracts.tables import contract
from ecosystem.offers.queries import read
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.text import Text as Words

_SIGNING: Final = Span(days=10, counted=Counting.WORKING, law="platform")
"""How long a winner has to sign where a profile does not say; this platform's rule."""
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_NEED: Final = bindparam("need_id", type_=Text)
_AWARD: Final = bindparam("award_id", type_=Text)
_ID: Final = bindparam("id", type_=Text)
_OF_AWARD: Final = and_(
    contract.c.authority_id == _AUTHORITY,
    contract.c.need_id == _NEED,
    or_(contract.c.award_id == _AWARD, contract.c.financing_award_id == _AWARD),
)
_DRAFTS: Final = Statement(
    select(contract).where(_OF_AWARD, contract.c.state == "draft")
    .order_by(contract.c.id)
    .with_for_update()
)  # fmt: skip
_CONTRACTED: Final = Statement(
    select(exists().where(_OF_AWARD, contract.c.activated_at.is_not(None)))
)
_OPEN: Final = Statement(
    select(contract_proposal.c.id)
    .where(contract_proposal.c.authority_id == _AUTHORITY, contract_proposal.c.contract_id == _ID)
    .where(contract_proposal.c.state == "proposed")
)


async def call_facts(tx: Tx, row: Record, reason: Words, *, at: datetime) -> CallFacts:
    """Return what a call to sign a locked contract is checked against."""
    law = await law_of(tx, row["id"], at=at)
    terms = read(row["terms"], ContractTerms)
    placed = [one.organisation_id for one in terms.parties if one.role in {"supplier", "lender"}]
    opened = await tx.row(_OPEN, authority_id=row["authority_id"], id=row["id"])
    return CallFacts(
        contract_id=row["id"],
        authority_number=row["authority_id"],
        state=State(row["state"]),
        open_proposal_id=None if opened is None else opened["id"],
        is_called=row["sign_by"] is not None,
        unsigned=await _unsigned(tx, row, placed),
        sign_by=end_of(law.rules.signing or _SIGNING, after=at, calendar=law.calendar),
        reason=reason,
    )


async def drafts(tx: Tx, found: Record) -> list[Record]:
    """Lock the drafts of a locked award, in the order of their identifiers."""
    place = {"authority_id": found["authority_id"], "need_id": found["need_id"]}
    return await tx.rows(_DRAFTS, **place, award_id=found["id"])


async def fall_facts(
    tx: Tx, found: Record, drafted: list[Record], reason: Words, *, at: datetime
) -> FallFacts:
    """Return what the fall of a locked award with these locked drafts is checked against."""
    members = [one.organisation_id for one in read(found["terms"], AwardTerms).members]
    place = {"authority_id": found["authority_id"], "need_id": found["need_id"]}
    return FallFacts(
        award_id=found["id"],
        authority_number=found["authority_id"],
        lead_id=found["lead_id"],
        state=state_at(found["state"], found["standstill_ends_at"], at=at),
        standstill_ends_at=found["standstill_ends_at"],
        proposed_by=found["proposed_by"],
        approved_by=found["approved_by"],
        is_contracted=await tx.value(_CONTRACTED, **place, award_id=found["id"]),
        drafts=tuple([await _standing(tx, one, members) for one in drafted]),
        reason=reason,
    )


async def _standing(tx: Tx, row: Record, members: list[str]) -> DraftStanding:
    return DraftStanding(
        contract_id=row["id"],
        unsigned=await _unsigned(tx, row, members),
        sign_by=row["sign_by"],
        called_by=row["called_by"],
    )


async def _unsigned(tx: Tx, row: Record, members: list[str]) -> tuple[str, ...]:
    signed = {one.organisation_id for one in await signing.signatures(tx, row)}
    return tuple(sorted(set(members) - signed))
