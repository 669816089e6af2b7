"""What can be done with organisations, people and clients: load, decide, write, record."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.history.actions import record
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.identity import queries, rules
from ecosystem.identity.model import (
    BY_REGISTRATION,
    Judgement,
    OrganisationChange,
    OrganisationFacts,
    PlatformFacts,
    Profile,
    Registered,
    Registration,
    RegistrationFacts,
    StateChanged,
    Verification,
)
from ecosystem.identity.oauth.known import tokens_die
from ecosystem.identity.people import actions as people
from ecosystem.identity.people.model import NewInvitation
from ecosystem.identity.people.queries import has_administrator
from ecosystem.identity.tables import (
    organisation,
    organisation_identifier,
)
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.text import Text

_ADD_ORGANISATION: Final = inserting(
    organisation,
    *(column.key for column in organisation.columns if column.key != "judgement"),
)
_ADD_IDENTIFIER: Final = inserting(organisation_identifier)
_SET_STATE: Final = Statement(
    update(organisation)
    .where(organisation.c.id == bindparam("of"))
    .values(
        state=bindparam("new_state"),
        judgement=bindparam("new_judgement"),
        version=bindparam("new_version"),
    )
)
_CHANGE: Final = Statement(
    update(organisation)
    .where(organisation.c.id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in (*Profile.__struct_fields__, "version")})
)


class Founded(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that takes part, and the invitation of its first person."""

    registered: Registered
    invitation: people.Issued
    by: Actor
    """The organisation itself, before anybody belongs to it."""


async def register(tx: Tx, asked: Registration, *, at: datetime) -> Founded:
    """Register an organisation, and invite its first person, who will administer it.

    The organisation itself is who acts. Effects: the organisation, its identifiers as their
    registers write them, the invitation; the events organisation.registered and person.invited.
    """
    asked = rules.as_registers_write(asked)
    facts = await queries.registration_facts(tx, asked)
    by = _itself(facts, asked.kind, asked.jurisdiction, number=facts.organisation_number)
    decision = rules.register(facts, by=by, at=at)
    await _write_organisation(tx, asked, decision, at=at)
    await record(
        tx, "organisation.registered", facts.organisation_id, facts=facts, decision=decision,
        by=by, at=at, audience=_own(facts.organisation_id),
    )  # fmt: skip
    return await _found(tx, decision, first=asked.administrator, by=by, at=at)


async def establish(
    tx: Tx, *, name: Text, jurisdiction: str, operator: Text, at: datetime
) -> Founded:
    """Establish the operator's own organisation, once, and invite its first operator.

    Refuses with PlatformEstablished, JurisdictionUnknown. Effects: as of `register`, with the event
    organisation.established.
    """
    facts = PlatformFacts(
        name=name,
        jurisdiction=jurisdiction,
        operator=operator,
        organisation_id=mint("org"),
        exists=await queries.platform_exists(tx),
        jurisdiction_known=await queries.jurisdiction_known(tx, jurisdiction),
    )
    by = _itself(facts, OrganisationKind.PLATFORM, jurisdiction, number=0)
    decision = rules.establish(facts, by=by, at=at)
    asked = Registration(
        kind=OrganisationKind.PLATFORM, name=name, jurisdiction=jurisdiction, administrator=operator
    )
    await _write_organisation(tx, asked, decision, at=at)
    await record(
        tx, "organisation.established", facts.organisation_id, facts=facts, decision=decision,
        by=by, at=at, audience=EVERYONE,
    )  # fmt: skip
    return await _found(tx, decision, first=operator, by=by, at=at)


async def invite_operator(tx: Tx, *, operator: Text, at: datetime) -> people.Issued | None:
    """Invite the platform's first operator again, where nobody has come by the link yet.

    Return None where somebody administers the platform, or there is none. Effects: as of
    people.invite.
    """
    found = await queries.platform(tx)
    if found is None or await has_administrator(tx, found.organisation_id):
        return None
    by = _itself(found, OrganisationKind.PLATFORM, found.jurisdiction, number=0)
    asked = NewInvitation(name=operator, roles=rules.FIRST_OPERATOR)
    return await people.invite(tx, found.organisation_id, asked, by=by, at=at)


async def verify(
    tx: Tx, organisation_id: str, asked: Verification, *, expected: int | None, by: Actor,
    at: datetime,
) -> Standing:  # fmt: skip
    """Verify an organisation; effects: its state, the event organisation.verified."""
    facts = await queries.organisation_facts(
        tx, organisation_id, reason=asked.reason, evidence=asked.evidence
    )
    revision.check(expected, actual=facts.version)
    decision = rules.verify(facts, by=by, at=at)
    return await _change_state(tx, "organisation.verified", facts, decision, by=by, at=at)


async def suspend(
    tx: Tx, organisation_id: str, *, reason: str, expected: int | None, by: Actor, at: datetime
) -> Standing:
    """Suspend an organisation; effects: its state, the event organisation.suspended."""
    facts = await queries.organisation_facts(tx, organisation_id, reason=reason)
    revision.check(expected, actual=facts.version)
    decision = rules.suspend(facts, by=by, at=at)
    return await _change_state(tx, "organisation.suspended", facts, decision, by=by, at=at)


async def change(
    tx: Tx,
    organisation_id: str,
    asked: OrganisationChange,
    *,
    expected: int | None,
    by: Actor,
    at: datetime,
) -> Standing:
    """Change what an organisation says of itself; effects: that, the event organisation.changed."""
    facts = await queries.change_facts(tx, organisation_id, asked=asked)
    revision.check(expected, actual=facts.version)
    decision = rules.change(facts, by=by, at=at)
    then = decision.profile
    await tx.run(
        _CHANGE,
        of=organisation_id,
        new_name=_json(then.name),
        new_scale=then.scale.value if then.scale else None,
        new_bank_account=_json(then.bank_account),
        new_other_names=_json(then.other_names),
        new_beneficial_owners=_json(then.beneficial_owners),
        new_version=facts.version + 1,
    )
    version = await record(
        tx, "organisation.changed", organisation_id, facts=facts, decision=decision, by=by, at=at,
        audience=_own(organisation_id),
    )  # fmt: skip
    return Standing(id=organisation_id, state="changed", version=version)


async def _change_state(
    tx: Tx,
    change: str,
    facts: OrganisationFacts,
    decision: StateChanged,
    *,
    by: Actor,
    at: datetime,
) -> Standing:
    await tx.run(
        _SET_STATE,
        of=facts.organisation_id,
        new_state=decision.state.value,
        new_judgement=msgspec.json.encode(
            Judgement(state=decision.state, reason=facts.reason, evidence=facts.evidence, at=at)
        ),
        new_version=facts.version + 1,
    )
    await tokens_die(tx, facts.organisation_id)
    version = await record(
        tx, change, facts.organisation_id, facts=facts, decision=decision, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=facts.organisation_id, state=decision.state.value, version=version)


async def _found(tx: Tx, decision: Registered, *, first: Text, by: Actor, at: datetime) -> Founded:
    asked = NewInvitation(name=first, roles=decision.roles)
    invitation = await people.invite(tx, decision.organisation_id, asked, by=by, at=at)
    return Founded(registered=decision, invitation=invitation, by=by)


def _itself(
    facts: RegistrationFacts | PlatformFacts | queries.Platform,
    kind: OrganisationKind,
    jurisdiction: str,
    *,
    number: int,
) -> Actor:
    """Return an organisation that acts before anybody belongs to it."""
    return Actor(
        organisation_id=facts.organisation_id,
        organisation_number=number,
        kind=kind,
        verified=False,
        jurisdiction=jurisdiction,
        client_id=BY_REGISTRATION,
    )


def _json(value: object) -> bytes | None:
    return None if value is None else msgspec.json.encode(value)


def _own(organisation_id: str) -> Audience:
    return Audience(organisations=(organisation_id,))


async def _write_organisation(
    tx: Tx, asked: Registration, decision: Registered, *, at: datetime
) -> None:
    await tx.run(
        _ADD_ORGANISATION,
        id=decision.organisation_id,
        number=decision.organisation_number,
        kind=asked.kind.value,
        name=msgspec.json.encode(asked.name),
        jurisdiction=asked.jurisdiction,
        scale=asked.scale.value if asked.scale else None,
        state=decision.state.value,
        bank_account=_json(asked.bank_account),
        other_names=_json(asked.other_names),
        beneficial_owners=_json(asked.beneficial_owners),
        registered_at=at,
        version=1,
    )
    await tx.many(
        _ADD_IDENTIFIER,
        [
            {"scheme": one.scheme, "id": one.id, "organisation_id": decision.organisation_id}
            for one in asked.identifiers
        ],
    )
