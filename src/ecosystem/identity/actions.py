"""What can be done with organisations, people and clients: load, decide, write, record."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.history.actions import record
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.identity import queries, rules
from ecosystem.identity.model import (
    BY_REGISTRATION,
    NewPerson,
    OrganisationFacts,
    PersonFacts,
    PlatformFacts,
    Registered,
    Registration,
    RegistrationFacts,
    StateChanged,
)
from ecosystem.identity.oauth.known import tokens_die
from ecosystem.identity.tables import (
    membership,
    organisation,
    organisation_identifier,
    person,
)
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.text import Text

_ADD_ORGANISATION: Final = inserting(organisation)
_ADD_IDENTIFIER: Final = inserting(organisation_identifier)
_ADD_PERSON: Final = inserting(person, "id", "name", "version")
_ADD_MEMBERSHIP: Final = inserting(membership)
_SET_STATE: Final = Statement(
    update(organisation)
    .where(organisation.c.id == bindparam("of"))
    .values(state=bindparam("new_state"), version=bindparam("new_version"))
)


def _deactivating(table: Any) -> Statement:
    return Statement(
        update(table)
        .where(table.c.id == bindparam("of"))
        .values(disabled_at=bindparam("at"), version=bindparam("new_version"))
    )


_DEACTIVATE_PERSON: Final = _deactivating(person)


async def register(tx: Tx, asked: Registration, *, at: datetime) -> Registered:
    """Register an organisation with its first person, who administers it.

    The organisation itself is who acts. Effects: the organisation, its identifiers, the
    person, the membership; the event organisation.registered.
    """
    facts = await queries.registration_facts(tx, asked)
    by = _first_person(facts, asked.kind, asked.jurisdiction, number=facts.organisation_number)
    decision = rules.register(facts, by=by, at=at)
    await _write_organisation(tx, asked, decision, at=at)
    await record(
        tx, "organisation.registered", facts.organisation_id, facts=facts, decision=decision,
        by=by, at=at, audience=_own(facts.organisation_id),
    )  # fmt: skip
    return decision


async def establish(
    tx: Tx, *, name: Text, jurisdiction: str, operator: Text, at: datetime
) -> Registered:
    """Establish the operator's own organisation, once, with its first operator.

    Refuses with PlatformEstablished. Effects: as of `register`; the event
    organisation.established.
    """
    facts = PlatformFacts(
        name=name,
        jurisdiction=jurisdiction,
        operator=operator,
        organisation_id=mint("org"),
        person_id=mint("person"),
        exists=await queries.platform_exists(tx),
    )
    by = _first_person(facts, OrganisationKind.PLATFORM, jurisdiction, number=0)
    decision = rules.establish(facts, by=by, at=at)
    asked = Registration(
        kind=OrganisationKind.PLATFORM, name=name, jurisdiction=jurisdiction, administrator=operator
    )
    await _write_organisation(tx, asked, decision, at=at)
    await record(
        tx, "organisation.established", facts.organisation_id, facts=facts, decision=decision,
        by=by, at=at, audience=EVERYONE,
    )  # fmt: skip
    return decision


async def verify(
    tx: Tx, organisation_id: str, *, reason: str, expected: int | None, by: Actor, at: datetime
) -> Standing:
    """Verify an organisation; effects: its state, the event organisation.verified."""
    facts = await queries.organisation_facts(tx, organisation_id, reason=reason)
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


async def add_person(
    tx: Tx, organisation_id: str, asked: NewPerson, *, by: Actor, at: datetime
) -> Standing:
    """Add a person to an organisation; effects: person, membership, the event person.joined."""
    found = await queries.organisation_facts(tx, organisation_id, reason="")
    facts = PersonFacts(
        organisation_id=organisation_id, kind=found.kind, person_id=mint("person"), asked=asked
    )
    decision = rules.add_person(facts, by=by, at=at)
    await tx.run(_ADD_PERSON, id=facts.person_id, name=msgspec.json.encode(asked.name), version=1)
    await _write_roles(tx, facts.person_id, organisation_id, decision.roles)
    version = await record(
        tx, "person.joined", facts.person_id, facts=facts, decision=decision, by=by, at=at,
        audience=_own(organisation_id),
    )  # fmt: skip
    return Standing(id=facts.person_id, state="active", version=version)


async def deactivate_person(
    tx: Tx, person_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Deactivate a person; effects: her tokens die, the event person.deactivated."""
    facts = await queries.person_facts(tx, person_id, by=by)
    revision.check(expected, actual=facts.version)
    decision = rules.deactivate(facts, by=by, at=at)
    await tx.run(_DEACTIVATE_PERSON, of=person_id, at=at, new_version=facts.version + 1)
    await tokens_die(tx, person_id)
    version = await record(
        tx, "person.deactivated", person_id, facts=facts, decision=decision, by=by, at=at,
        audience=_own(facts.organisation_id),
    )  # fmt: skip
    return Standing(id=person_id, state="deactivated", version=version)


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
        new_version=facts.version + 1,
    )
    await tokens_die(tx, facts.organisation_id)
    version = await record(
        tx, change, facts.organisation_id, facts=facts, decision=decision, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=facts.organisation_id, state=decision.state.value, version=version)


def _first_person(
    facts: RegistrationFacts | PlatformFacts,
    kind: OrganisationKind,
    jurisdiction: str,
    *,
    number: int,
) -> Actor:
    return Actor(
        organisation_id=facts.organisation_id,
        organisation_number=number,
        kind=kind,
        verified=False,
        jurisdiction=jurisdiction,
        client_id=BY_REGISTRATION,
        person_id=facts.person_id,
        roles=(Role.ADMINISTRATOR,),
    )


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
        bank_account=msgspec.json.encode(asked.bank_account) if asked.bank_account else None,
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
    await tx.run(
        _ADD_PERSON,
        id=decision.person_id,
        name=msgspec.json.encode(asked.administrator),
        version=1,
    )
    await _write_roles(tx, decision.person_id, decision.organisation_id, decision.roles)


async def _write_roles(
    tx: Tx, person_id: str, organisation_id: str, roles: tuple[Role, ...]
) -> None:
    await tx.many(
        _ADD_MEMBERSHIP,
        [
            {"organisation_id": organisation_id, "person_id": person_id, "role": role.value}
            for role in roles
        ],
    )
