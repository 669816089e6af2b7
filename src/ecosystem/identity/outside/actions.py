"""What can be done with outside identities: load, decide, write, record."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history.actions import record
from ecosystem.identity.oauth.known import tokens_die
from ecosystem.identity.outside import queries, rules
from ecosystem.identity.outside.model import LinkFacts
from ecosystem.identity.outside.schemas import IdentityView
from ecosystem.identity.outside.tables import outside_identity
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

_ADD: Final = Statement(
    insert(outside_identity)
    .values({column.name: bindparam(column.name) for column in outside_identity.columns})
    .on_conflict_do_nothing()
    .returning(outside_identity.c.id)
)
_REMOVE: Final = Statement(delete(outside_identity).where(outside_identity.c.id == bindparam("of")))
_REMOVE_ALL: Final = Statement(
    delete(outside_identity).where(outside_identity.c.person_id == bindparam("whose"))
)


async def link(
    tx: Tx, person_id: str, *, issuer: str, subject: str, by: Actor, at: datetime
) -> IdentityView:
    """Let a person be known by an identity that she has proved at the outside issuer.

    Refuses as rules.link. Effects: the identity, and the event
    person.outside_identity_added, which no organisation reads.
    """
    known = await queries.known(tx, issuer=issuer, subject=subject)
    facts = LinkFacts(
        identity_id=mint("identity"),
        issuer=issuer,
        subject=subject,
        person_id=person_id,
        linked_to=None if known is None else known.person_id,
    )
    decision = rules.link(facts, by=by, at=at)
    made = await tx.value(
        _ADD, id=decision.identity_id, issuer=issuer, subject=subject, person_id=person_id,
        linked_at=at,
    )  # fmt: skip
    if made is None:
        raise rules.IdentityOfAnother("The identity has just been linked by another request.")
    await record(
        tx, "person.outside_identity_added", decision.identity_id, facts=facts,
        decision=decision, by=by, at=at,
    )  # fmt: skip
    return IdentityView(id=decision.identity_id, issuer=issuer, subject=subject, linked_at=at)


async def unlink(tx: Tx, identity_id: str, *, person_id: str, by: Actor, at: datetime) -> Standing:
    """Let a person be known by an outside identity no more.

    Effects: its tokens die at once; the event person.outside_identity_removed.
    """
    facts = await queries.unlink_facts(tx, identity_id, person_id=person_id)
    decision = rules.unlink(facts, by=by, at=at)
    await tx.run(_REMOVE, of=decision.identity_id)
    await tokens_die(tx, decision.identity_id)
    version = await record(
        tx, "person.outside_identity_removed", identity_id, facts=facts, decision=decision,
        by=by, at=at,
    )  # fmt: skip
    return Standing(id=identity_id, state="removed", version=version)


async def unlink_all(tx: Tx, person_id: str) -> None:
    """Let a person be known by no outside identity; whoever asks has decided that he may.

    Effects: their tokens die at once.
    """
    await tx.run(_REMOVE_ALL, whose=person_id)
    await tokens_die(tx, person_id)
