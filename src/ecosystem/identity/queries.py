"""Facts about organisations, people and clients, locked; and views of them."""

from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from ecosystem.catalogue import queries as catalogue
from ecosystem.catalogue.tables import jurisdiction
from ecosystem.identity.clients.tables import client, client_keeper
from ecosystem.identity.model import (
    ChangeFacts,
    Evidence,
    Identifier,
    Judgement,
    OrganisationChange,
    OrganisationFacts,
    OrganisationState,
    Profile,
    Registration,
    RegistrationFacts,
)
from ecosystem.identity.rules import spelt
from ecosystem.identity.tables import (
    membership,
    organisation,
    organisation_identifier,
    person,
)
from ecosystem.runtime.columns import instant, json_of, json_row
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.identifiers import is_identifier
from ecosystem.values.refusal import Kind, Refusal


class OrganisationUnknown(Refusal):
    """There is no such organisation."""

    kind = Kind.MISSING
    remedy = "Look it up with GET /v1/organisations."


NO_ROLES: Final[ColumnElement[Any]] = literal_column("'{}'::text[]")
"""Roles of who has none."""
_ID: Final = bindparam("id", type_=Text)
_OWN: Final = bindparam("own", type_=Text)


def _identifiers() -> ColumnElement[Any]:
    """Return the JSON of an organisation's identifiers, on one line, as page_of needs it."""
    one = json_of(scheme=organisation_identifier.c.scheme, id=organisation_identifier.c.id)
    return (
        select(func.coalesce(func.jsonb_agg(one), literal("[]", literal_execute=True).cast(JSONB)))
        .where(organisation_identifier.c.organisation_id == organisation.c.id)
        .scalar_subquery()
    )


def _as_seen(*more: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [
        organisation.c.id,
        organisation.c.kind,
        organisation.c.name,
        organisation.c.jurisdiction,
        organisation.c.scale,
        organisation.c.state,
        _identifiers().label("identifiers"),
        organisation.c.other_names,
        instant(organisation.c.registered_at).label("registered_at"),
        organisation.c.version,
        *more,
    ]


def versioned(
    *columns: ColumnElement[Any],
    where: ColumnElement[bool],
    source: FromClause | None = None,
    besides: tuple[str, ...] = (),
) -> Statement:
    """Return the statement that answers one row as JSON, its version, and what else is named."""
    chosen = select(*columns) if source is None else select(*columns).select_from(source)
    seen = chosen.where(where).subquery("seen")
    body = json_row(seen).label("body")
    return Statement(select(body, seen.c.version, *(seen.c[name] for name in besides)))


_ORGANISATION: Final = versioned(*_as_seen(), where=organisation.c.id == _ID)
_INSIDE: Final = (organisation.c.beneficial_owners, organisation.c.judgement)
_OWN_ORGANISATION: Final = versioned(
    *_as_seen(organisation.c.bank_account, *_INSIDE), where=organisation.c.id == _ID
)
_OVERSEEN_ORGANISATION: Final = versioned(*_as_seen(*_INSIDE), where=organisation.c.id == _ID)


def _is_any(name: str) -> ColumnElement[bool]:
    return bindparam(name, type_=Text).is_(None)


ORGANISATIONS: Final = page_of(
    select(*_as_seen())
    .join(jurisdiction, jurisdiction.c.code == organisation.c.jurisdiction)
    .where(or_(_is_any("kind"), organisation.c.kind == bindparam("kind", type_=Text)))
    .where(
        or_(
            _is_any("within"),
            jurisdiction.c.path.like(func.concat("%/", bindparam("within", type_=Text), "/%")),
        )
    )
)
"""A page of organisations: `kind`, and `within` a jurisdiction, or null for any."""

_NEXT_NUMBER: Final = Statement(
    select(cast(literal_column("nextval('organisation_number_seq')"), Integer))
)
_SPELT: Final[ColumnElement[str]] = literal_column(
    "upper(regexp_replace(id, '[^0-9A-Za-z]', '', 'g'))"
)
"""An identifier however it is spelt, as the unique index has it."""
_TAKEN: Final = Statement(
    select(organisation_identifier.c.scheme, organisation_identifier.c.id).where(
        func.concat(organisation_identifier.c.scheme, ":", _SPELT)
        == any_(bindparam("names", type_=ARRAY(Text)))
    )
)
_PLATFORM: Final = Statement(select(exists().where(organisation.c.number == 0)))
_PLATFORM_LOCKED: Final = Statement(
    select(organisation.c.id, organisation.c.jurisdiction)
    .where(organisation.c.number == 0)
    .with_for_update()
)
_LOCKED: Final = Statement(
    select(
        organisation.c.kind,
        organisation.c.state,
        organisation.c.version,
        organisation.c.judgement,
    )
    .where(organisation.c.id == _ID)
    .with_for_update()
)


def with_authority(of: Table) -> Select[*tuple[Any, ...]]:
    """Return a select of rows by their key, each with the authority for which a rule acts.

    As `runtime.due` takes them.
    """
    return select(
        of.c.authority_id,
        of.c.id,
        organisation.c.id.label("organisation_id"),
        organisation.c.jurisdiction,
    ).join(organisation, organisation.c.number == of.c.authority_id)


def holds(
    person_id: ColumnElement[str], *, role: Role, authority: ColumnElement[int]
) -> ColumnElement[bool]:
    """Return, within a statement, whether a person is active and holds `role` in an authority.

    `authority` is the number of the organisation.
    """
    return (
        exists()
        .where(membership.c.person_id == person_id, any_(membership.c.roles) == role.value)
        .where(organisation.c.id == membership.c.organisation_id)
        .where(organisation.c.number == authority)
        .where(person.c.id == membership.c.person_id, person.c.disabled_at.is_(None))
    )


_kept = client.alias("kept")
_ACTOR: Final = Statement(
    select(
        organisation.c.number,
        organisation.c.kind,
        organisation.c.state,
        organisation.c.jurisdiction,
        client.c.organisation_id.label("client_of"),
        client.c.scopes,
        client.c.roles.label("client_roles"),
        select(membership.c.roles)
        .join(person, person.c.id == membership.c.person_id)
        .where(membership.c.person_id == bindparam("person_id", type_=Text))
        .where(membership.c.organisation_id == organisation.c.id)
        .where(person.c.disabled_at.is_(None))
        .scalar_subquery()
        .label("person_roles"),
        func.array(
            select(client_keeper.c.client_id)
            .join(_kept, _kept.c.id == client_keeper.c.client_id)
            .where(client_keeper.c.person_id == bindparam("person_id", type_=Text))
            .where(_kept.c.roles != NO_ROLES)
            .order_by(client_keeper.c.client_id)
            .scalar_subquery()
        ).label("keeps"),
    )
    .join(client, client.c.id == bindparam("client_id", type_=Text))
    .where(organisation.c.id == bindparam("organisation_id", type_=Text))
    .where(client.c.disabled_at.is_(None))
)


def is_overseen(authority: ColumnElement[int], oversees: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether an authority, by its number, is in the jurisdiction `oversees` or below.

    The empty text oversees nobody.
    """
    within = jurisdiction.c.path.like(func.concat("%/", oversees, "/%"))
    numbers = (
        select(organisation.c.number)
        .join(jurisdiction, jurisdiction.c.code == organisation.c.jurisdiction)
        .where(within)
    )
    return authority.in_(numbers)


async def registration_facts(tx: Tx, asked: Registration) -> RegistrationFacts:
    """Return what is known of an organisation that registers, with identifiers for it."""
    names = [f"{one.scheme}:{spelt(one.id)}" for one in asked.identifiers]
    rows = await tx.rows(_TAKEN, names=names) if names else []
    return RegistrationFacts(
        asked=asked,
        organisation_id=mint("org"),
        organisation_number=await tx.value(_NEXT_NUMBER),
        jurisdiction_known=await jurisdiction_known(tx, asked.jurisdiction),
        taken=tuple(Identifier(row["scheme"], row["id"]) for row in rows),
    )


async def jurisdiction_known(tx: Tx, code: str) -> bool:
    """Tell whether the catalogue has a jurisdiction."""
    return await catalogue.jurisdiction_path(tx, code) is not None


class Platform(msgspec.Struct, frozen=True):
    """The operator's own organisation."""

    organisation_id: str
    jurisdiction: str


async def platform(tx: Tx) -> Platform | None:
    """Return the operator's own organisation, locked, or None before it is established."""
    row = await tx.row(_PLATFORM_LOCKED)
    return None if row is None else Platform(row["id"], row["jurisdiction"])


async def platform_exists(tx: Tx) -> bool:
    """Tell whether the operator's own organisation has been established."""
    found: bool = await tx.value(_PLATFORM)
    return found


async def organisation_facts(
    tx: Tx, organisation_id: str, *, reason: str, evidence: tuple[Evidence, ...] = ()
) -> OrganisationFacts:
    """Return what an organisation's state hangs on; lock it, or OrganisationUnknown.

    Without new evidence that of the last verification stands.
    """
    row = None
    if is_identifier(organisation_id, "org"):
        row = await tx.row(_LOCKED, id=organisation_id)
    if row is None:
        raise _no_organisation(organisation_id)
    return OrganisationFacts(
        organisation_id=organisation_id,
        kind=OrganisationKind(row["kind"]),
        state=OrganisationState(row["state"]),
        version=row["version"],
        reason=reason,
        evidence=evidence or _seen_before(row["judgement"]),
    )


def _seen_before(judgement: bytes | None) -> tuple[Evidence, ...]:
    return () if judgement is None else msgspec.json.decode(judgement, type=Judgement).evidence


async def change_facts(tx: Tx, organisation_id: str, *, asked: OrganisationChange) -> ChangeFacts:
    """Return what an organisation says of itself; lock it, or OrganisationUnknown."""
    found = await organisation_facts(tx, organisation_id, reason="")
    said = await tx.value(_PROFILE, id=organisation_id)
    return ChangeFacts(
        organisation_id=organisation_id,
        version=found.version,
        present=msgspec.json.decode(said, type=Profile),
        asked=asked,
    )


async def organisation_view(
    tx: Tx, organisation_id: str, *, reader: Actor | None
) -> tuple[bytes, int, str | None]:
    """Return an organisation as JSON, its version, and how it is seen, where not by anyone."""
    seen = None
    if is_identifier(organisation_id, "org"):
        seen = await _seen_as(tx, organisation_id, reader)
        row = await tx.row(_VIEWS[seen], id=organisation_id)
        if row is not None:
            return row["body"], row["version"], seen
    raise _no_organisation(organisation_id)


_said = (
    select(*(organisation.c[name] for name in Profile.__struct_fields__))
    .where(organisation.c.id == _ID)
    .subquery("said")
)
_PROFILE: Final = Statement(select(json_row(_said)).select_from(_said))
_VIEWS: Final = {None: _ORGANISATION, "own": _OWN_ORGANISATION, "overseen": _OVERSEEN_ORGANISATION}
_IS_WITHIN: Final = Statement(
    select(
        exists()
        .where(organisation.c.id == _ID)
        .where(jurisdiction.c.code == organisation.c.jurisdiction)
        .where(jurisdiction.c.path.like(func.concat("%/", bindparam("within", type_=Text), "/%")))
    )
)


async def _seen_as(tx: Tx, organisation_id: str, reader: Actor | None) -> str | None:
    if reader is None:
        return None
    if reader.organisation_id == organisation_id:
        return "own"
    if reader.has(Role.OPERATOR):
        return "overseen"
    if reader.oversees is None:
        return None
    within: bool = await tx.value(_IS_WITHIN, id=organisation_id, within=reader.oversees)
    return "overseen" if within else None


async def actor(
    tx: Tx, *, client_id: str, person_id: str | None, organisation_id: str,
    scopes: tuple[str, ...],
) -> Actor | None:  # fmt: skip
    """Return who acts as of now, or None where client, person or membership is no more.

    A client acts by itself only for its own organisation, and never beyond its scopes.
    """
    row = await tx.row(
        _ACTOR, client_id=client_id, person_id=person_id, organisation_id=organisation_id
    )
    if row is None:
        return None
    roles = row["client_roles"] if person_id is None else row["person_roles"]
    if roles is None or (person_id is None and row["client_of"] != organisation_id):
        return None
    return Actor(
        organisation_id=organisation_id,
        organisation_number=row["number"],
        kind=OrganisationKind(row["kind"]),
        verified=row["state"] == OrganisationState.VERIFIED,
        jurisdiction=row["jurisdiction"],
        client_id=client_id,
        person_id=person_id,
        keeps=tuple(row["keeps"]),
        roles=tuple(role for role in Role if role in roles),
        scopes=tuple(scope for scope in scopes if scope in row["scopes"]),
    )


def _no_organisation(organisation_id: str) -> OrganisationUnknown:
    return OrganisationUnknown(f"There is no organisation {shown(organisation_id)}.")


def shown(identifier: str) -> str:
    """Return what was asked for, short and in ASCII, for a sentence."""
    return ascii(identifier[:60])
