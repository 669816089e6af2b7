"""Facts about outside identities, and views of them."""

from typing import Final

import msgspec
from sqlalchemy import Text, bindparam, exists, select

from ecosystem.identity.clients.tables import client
from ecosystem.identity.outside.model import UnlinkFacts
from ecosystem.identity.outside.rules import ClientOfOne, IdentityUnknown
from ecosystem.identity.outside.schemas import IdentityView
from ecosystem.identity.outside.tables import outside_identity
from ecosystem.identity.queries import shown
from ecosystem.identity.tables import organisation
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import is_identifier

_PERSON: Final = bindparam("person_id", type_=Text)
_KNOWN: Final = Statement(
    select(outside_identity.c.id, outside_identity.c.person_id)
    .where(outside_identity.c.issuer == bindparam("issuer", type_=Text))
    .where(outside_identity.c.subject == bindparam("subject", type_=Text))
)
_IS_OF_PLATFORM: Final = Statement(
    select(
        exists()
        .where(client.c.id == bindparam("id", type_=Text))
        .where(organisation.c.id == client.c.organisation_id, organisation.c.number == 0)
    )
)
_OWN: Final = select(
    outside_identity.c.id,
    outside_identity.c.issuer,
    outside_identity.c.subject,
    outside_identity.c.linked_at,
).where(outside_identity.c.person_id == _PERSON)
_LIST: Final = Statement(_OWN.order_by(outside_identity.c.id))
_LOCKED: Final = Statement(
    _OWN.where(outside_identity.c.id == bindparam("id", type_=Text)).with_for_update()
)


class Known(msgspec.Struct, frozen=True):
    """Whose an outside identity is."""

    identity_id: str
    person_id: str


async def check_client(tx: Tx, by: Actor) -> None:
    """Refuse with ClientOfOne who acts through a client of another than the operator.

    An outside identity stands for its person in every organisation of hers; a client that she
    lets act for one of them alone neither makes, sees nor removes any.
    """
    if not await tx.value(_IS_OF_PLATFORM, id=by.client_id):
        raise ClientOfOne(f"{by.client_id} is not the operator's.")


async def known(tx: Tx, *, issuer: str, subject: str) -> Known | None:
    """Return whose an outside identity is, or None where it is nobody's."""
    row = await tx.row(_KNOWN, issuer=issuer, subject=subject)
    return None if row is None else Known(row["id"], row["person_id"])


async def identities(tx: Tx, person_id: str) -> tuple[IdentityView, ...]:
    """Return the outside identities of a person, the oldest first."""
    rows = await tx.rows(_LIST, person_id=person_id)
    return tuple(IdentityView(**dict(row)) for row in rows)


async def unlink_facts(tx: Tx, identity_id: str, *, person_id: str) -> UnlinkFacts:
    """Return an outside identity of a person, locked, or IdentityUnknown."""
    row = None
    if is_identifier(identity_id, "identity"):
        row = await tx.row(_LOCKED, id=identity_id, person_id=person_id)
    if row is None:
        raise IdentityUnknown(f"The caller has no outside identity {shown(identity_id)}.")
    return UnlinkFacts(
        identity_id=identity_id,
        issuer=row["issuer"],
        subject=row["subject"],
        person_id=person_id,
    )
