"""Change the members of an offer, leave it, and substitute a member."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, update

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.offers import queries as offers
from ecosystem.offers.members import queries, rules
from ecosystem.offers.members.model import (
    Departure,
    LeaveFacts,
    Membership,
    MembershipFacts,
    ProposeFacts,
    RejectFacts,
    SubstitutionDraft,
    SubstitutionEnded,
)
from ecosystem.offers.members.tables import offer_departure, substitution
from ecosystem.offers.model import MemberDraft
from ecosystem.offers.tables import offer, offer_member
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control, revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_OF_OFFER: Final = (
    offer_member.c.authority_id == bindparam("of_authority"),
    offer_member.c.offer_id == bindparam("of_offer"),
)
_ITSELF: Final = (
    offer.c.authority_id == bindparam("of_authority"), offer.c.id == bindparam("of_offer")
)  # fmt: skip
_ADD: Final = inserting(offer_member)
_DEPART: Final = inserting(offer_departure)
_REMOVE: Final = Statement(
    delete(offer_member).where(
        *_OF_OFFER, offer_member.c.organisation_id == bindparam("of_organisation")
    )
)
_REMOVE_ALL: Final = Statement(delete(offer_member).where(*_OF_OFFER))
_UNDO: Final = Statement(
    update(offer)
    .where(*_ITSELF)
    .values(
        version=offer.c.version + 1, state="draft", member_ids=bindparam("member_ids"),
        liability=bindparam("new_liability"),
        envelope=None, envelope_digest=None, sealed_by=None, received_at=None, receipt=None,
        financial_envelope=None, financial_digest=None, financial_state=None,
    )
)  # fmt: skip
_PROPOSE: Final = inserting(
    substitution, "authority_id", "id", "need_id", "offer_id", "version", "state", "leaving_id",
    "joining_id", "member_ids", "share", "reason", "proposed_by", "proposed_at",
)  # fmt: skip
_SUBSTITUTION: Final = (
    substitution.c.authority_id == bindparam("of_authority"),
    substitution.c.id == bindparam("of_substitution"),
)
_CONSENT: Final = Statement(
    update(substitution)
    .where(*_SUBSTITUTION)
    .values(
        version=substitution.c.version + 1, state="consented",
        consented_by=bindparam("consented_by"), consented_at=bindparam("consented_at"),
    )
)  # fmt: skip
_APPROVE: Final = Statement(
    update(substitution)
    .where(*_SUBSTITUTION)
    .values(
        version=substitution.c.version + 1, state="approved",
        approved_by=bindparam("approved_by"), approved_at=bindparam("approved_at"),
    )
)  # fmt: skip
_END: Final = Statement(
    update(substitution)
    .where(*_SUBSTITUTION)
    .values(
        version=substitution.c.version + 1, state=bindparam("new_state"),
        ended_by=bindparam("who"), ended_at=bindparam("since"), ended_reason=bindparam("why"),
    )
)  # fmt: skip
_REPLACE: Final = Statement(
    update(offer_member)
    .where(*_OF_OFFER, offer_member.c.organisation_id == bindparam("of_organisation"))
    .values(
        organisation_id=bindparam("joining_id"), consented_at=bindparam("consented_at"),
        consented_by=bindparam("consented_by"),
    )
)  # fmt: skip
_MEMBERS: Final = Statement(
    update(offer)
    .where(*_ITSELF)
    .values(version=offer.c.version + 1, member_ids=bindparam("member_ids"))
)


async def change(
    tx: Tx, offer_id: str, asked: Membership, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Set the members of an offer anew. Refuses with OfferMissing, RevisionStale, as the rule.

    Effects: the members, of whom all but the lead consent anew; the offer is a draft again and
    its envelope destroyed; the sealed event offer.members_changed, for the old and the new.
    """
    facts, row, _ = await offers.locked(tx, offer_id, by=by, at=at)
    revision.check(expected, actual=row["version"])
    known = await offers.known_members(tx, asked.members)
    change_facts = MembershipFacts(offer=facts, members=known, liability=asked.liability)
    changed = rules.change(change_facts, by=by, at=at)
    key = _key(offer_id)
    members = [one.organisation_id for one in changed.members]
    await tx.run(_REMOVE_ALL, **key)
    await tx.run(_UNDO, **key, member_ids=members, new_liability=changed.liability)
    await add(tx, offer_id, changed.members, lead_id=facts.lead_id, by=by, at=at)
    version = await history.record(
        tx, "offer.members_changed", offer_id, facts=change_facts, decision=changed, by=by, at=at,
        audience=_sealed((*row["member_ids"], *members)),
    )  # fmt: skip
    return Standing(id=offer_id, state=changed.state, version=version)


async def add(
    tx: Tx, offer_id: str, members: Iterable[MemberDraft], *, lead_id: str, by: Actor, at: datetime
) -> None:
    """Write down the members of an offer; the lead has consented by naming them."""
    for place, one in enumerate(members):
        is_lead = one.organisation_id == lead_id
        await tx.run(
            _ADD,
            authority_id=authority_of(offer_id), offer_id=offer_id, place=place, share=one.share,
            organisation_id=one.organisation_id, consented_at=at if is_lead else None,
            consented_by=control.hand(by) if is_lead else None,
        )  # fmt: skip


async def leave(
    tx: Tx, offer_id: str, asked: Departure, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Have the caller's organisation leave an offer, or decline to take part in it.

    Refuses with OfferMissing, RevisionStale, and as the rule does. Effects: the member is gone,
    and its reason stays for the others; the offer is a draft again and its envelope destroyed;
    the sealed event offer.member_left.
    """
    found, row, _ = await offers.locked(tx, offer_id, by=by, at=at)
    revision.check(expected, actual=row["version"])
    facts = LeaveFacts(offer=found, reason=asked.reason)
    left = rules.leave(facts, by=by, at=at)
    await tx.run(
        _DEPART,
        authority_id=row["authority_id"], offer_id=offer_id, organisation_id=left.organisation_id,
        version=row["version"] + 1, had_consented=left.had_consented,
        reason=msgspec.json.encode(left.reason), left_at=at,
    )  # fmt: skip
    key, before = _key(offer_id), tuple(row["member_ids"])
    await tx.run(_REMOVE, **key, of_organisation=left.organisation_id)
    await tx.allow("purpose", "leaving")
    await tx.run(
        _UNDO, **key, member_ids=[one for one in before if one != left.organisation_id],
        new_liability=row["liability"],
    )  # fmt: skip
    version = await history.record(
        tx, "offer.member_left", offer_id, facts=facts, decision=left, by=by, at=at,
        audience=_sealed(before),
    )  # fmt: skip
    return Standing(id=offer_id, state=left.state, version=version)


async def propose(
    tx: Tx, offer_id: str, asked: SubstitutionDraft, *, by: Actor, at: datetime
) -> Standing:
    """Propose to substitute a member. Refuses with OfferMissing, and as the rule does.

    Effects: the substitution; substitution.proposed, for the members and who shall join.
    """
    facts, row, _ = await offers.locked(tx, offer_id, by=by, at=at)
    shares = {one.organisation_id: one.share for one in facts.members}
    joining = MemberDraft(asked.joining_id, shares.get(asked.leaving_id, "0"))
    (known,) = await offers.known_members(tx, (joining,))
    propose_facts = ProposeFacts(
        offer=facts, leaving_id=asked.leaving_id, joining=known, reason=asked.reason
    )
    proposed = rules.propose(propose_facts, by=by, at=at)
    authority = authority_of(offer_id)
    substitution_id = mint("substitution", authority=authority)
    concerned = [*row["member_ids"], asked.joining_id]
    await tx.run(
        _PROPOSE,
        authority_id=authority, id=substitution_id, need_id=facts.need_id, offer_id=offer_id,
        version=1, state=proposed.state, leaving_id=asked.leaving_id, joining_id=asked.joining_id,
        member_ids=concerned, share=proposed.share, reason=msgspec.json.encode(asked.reason),
        proposed_by=proposed.proposed_by, proposed_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "substitution.proposed", substitution_id, facts=propose_facts, decision=proposed,
        by=by, at=at, audience=Audience(organisations=tuple(concerned)),
    )  # fmt: skip
    return Standing(id=substitution_id, state=proposed.state, version=version)


async def consent(
    tx: Tx, substitution_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Have the new member consent. Refuses with SubstitutionMissing, RevisionStale, as the rule.

    Effects: the consent; substitution.consented.
    """
    facts, row = await queries.locked(tx, substitution_id, expected=expected)
    consented = rules.consent(facts, by=by, at=at)
    await tx.run(
        _CONSENT,
        **_key_of(substitution_id), consented_by=consented.consented_by, consented_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "substitution.consented", substitution_id, facts=facts, decision=consented, by=by,
        at=at, audience=Audience(organisations=tuple(row["member_ids"])),
    )  # fmt: skip
    return Standing(id=substitution_id, state=consented.state, version=version)


async def approve(
    tx: Tx, substitution_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Approve a substitution for the authority: the new member takes the old one's place.

    Refuses with SubstitutionMissing, OfferMissing, RevisionStale, and as the rule does. Effects:
    locks need, offer and substitution; the offer's members; substitution.approved and, on the
    offer, offer.member_substituted.
    """
    offer_id = await queries.offer_of(tx, substitution_id)
    found, held, _ = await offers.locked(tx, offer_id, by=by, at=at)
    facts, row = await queries.locked(tx, substitution_id, expected=expected, offer=found)
    approved = rules.approve(facts, by=by, at=at)
    await tx.run(
        _APPROVE, **_key_of(substitution_id), approved_by=approved.approved_by, approved_at=at
    )
    key, leaving, joining = _key(offer_id), facts.leaving_id, facts.joining_id
    await tx.run(
        _REPLACE,
        **key, of_organisation=leaving, joining_id=joining, consented_at=row["consented_at"],
        consented_by=row["consented_by"],
    )  # fmt: skip
    members = [joining if one == leaving else one for one in held["member_ids"]]
    await tx.run(_MEMBERS, **key, member_ids=members)
    version = await history.record(
        tx, "substitution.approved", substitution_id, facts=facts, decision=approved, by=by, at=at,
        audience=Audience(organisations=tuple(row["member_ids"])),
    )  # fmt: skip
    await history.record(
        tx, "offer.member_substituted", offer_id, facts=facts, decision=approved, by=by, at=at,
        audience=Audience(organisations=tuple(row["member_ids"])),
    )  # fmt: skip
    return Standing(id=substitution_id, state=approved.state, version=version)


async def reject(
    tx: Tx, substitution_id: str, reason: Text, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Reject a substitution for the authority; the members stay as they are.

    Refuses with SubstitutionMissing, OfferMissing, RevisionStale, and as the rule does. Effects:
    locks need, offer and substitution; substitution.rejected.
    """
    offer_id = await queries.offer_of(tx, substitution_id)
    found, _, _ = await offers.locked(tx, offer_id, by=by, at=at)
    asked, row = await queries.locked(tx, substitution_id, expected=expected, offer=found)
    facts = RejectFacts(substitution=asked, reason=reason)
    rejected = rules.reject(facts, by=by, at=at)
    await _end(tx, substitution_id, rejected, at=at)
    version = await history.record(
        tx, "substitution.rejected", substitution_id, facts=facts, decision=rejected, by=by, at=at,
        audience=Audience(organisations=tuple(row["member_ids"])),
    )  # fmt: skip
    return Standing(id=substitution_id, state=rejected.state, version=version)


async def withdraw(
    tx: Tx, substitution_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a substitution back for the lead, which proposed it.

    Refuses and effects as `reject`, with substitution.withdrawn.
    """
    offer_id = await queries.offer_of(tx, substitution_id)
    found, _, _ = await offers.locked(tx, offer_id, by=by, at=at)
    facts, row = await queries.locked(tx, substitution_id, expected=expected, offer=found)
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await _end(tx, substitution_id, withdrawn, at=at)
    version = await history.record(
        tx, "substitution.withdrawn", substitution_id, facts=facts, decision=withdrawn, by=by,
        at=at, audience=Audience(organisations=tuple(row["member_ids"])),
    )  # fmt: skip
    return Standing(id=substitution_id, state=withdrawn.state, version=version)


async def _end(tx: Tx, substitution_id: str, ended: SubstitutionEnded, *, at: datetime) -> None:
    await tx.run(
        _END,
        **_key_of(substitution_id), new_state=ended.state, who=ended.ended_by, since=at,
        why=None if ended.reason is None else msgspec.json.encode(ended.reason),
    )  # fmt: skip


def _key(offer_id: str) -> dict[str, Any]:
    return {"of_authority": authority_of(offer_id), "of_offer": offer_id}


def _key_of(substitution_id: str) -> dict[str, Any]:
    return {"of_authority": authority_of(substitution_id), "of_substitution": substitution_id}


def _sealed(members: Iterable[str]) -> Audience:
    return Audience(organisations=tuple(dict.fromkeys(members)), is_sealed=True)
