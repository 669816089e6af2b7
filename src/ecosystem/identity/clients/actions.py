"""What can be done with clients: load, decide, write, record."""

import hashlib
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Text, bindparam, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history.actions import record
from ecosystem.history.model import Audience
from ecosystem.identity import queries as identity
from ecosystem.identity.clients import queries, rules
from ecosystem.identity.clients.model import (
    AuthMethod,
    ClientAdded,
    ClientChange,
    ClientFacts,
    NewClient,
    Profile,
)
from ecosystem.identity.clients.tables import client, client_keeper
from ecosystem.identity.oauth.known import tokens_die
from ecosystem.identity.rules import deactivate
from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint, secret
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor

_ADD_CLIENT: Final = inserting(
    client,
    "id", "organisation_id", "name", "profile", "scopes", "roles", "secret_digest", "jwks",
    "jwks_uri", "redirect_uris", "dpop", "version",
)  # fmt: skip
_DEACTIVATE_CLIENT: Final = Statement(
    update(client)
    .where(client.c.id == bindparam("of"))
    .values(disabled_at=bindparam("at"), version=bindparam("new_version"))
)
_CHANGE_CLIENT: Final = Statement(
    update(client)
    .where(client.c.id == bindparam("of"))
    .values(
        name=bindparam("new_name"),
        scopes=bindparam("new_scopes"),
        jwks=bindparam("new_jwks"),
        jwks_uri=bindparam("new_jwks_uri"),
        redirect_uris=bindparam("new_redirect_uris"),
        version=bindparam("new_version"),
    )
)
_END_TOKENS: Final = Statement(
    update(client).where(client.c.id == bindparam("of")).values(tokens_from=bindparam("now"))
)
_REPLACE_SECRET: Final = Statement(
    update(client)
    .where(client.c.id == bindparam("of"))
    .values(
        old_secret_digest=client.c.secret_digest,
        old_secret_until=bindparam("until"),
        secret_digest=bindparam("digest"),
        version=bindparam("new_version"),
    )
)
_GIVEN_BY: Final = union_all(
    select(bindparam("person_id", type_=Text).label("person_id")).where(
        bindparam("person_id", type_=Text).is_not(None)
    ),
    select(client_keeper.c.person_id)
    .where(client_keeper.c.client_id == bindparam("by_client", type_=Text))
    .where(bindparam("person_id", type_=Text).is_(None)),
).subquery()
_KEEP: Final = Statement(
    insert(client_keeper)
    .from_select(
        ["person_id", "client_id"],
        select(_GIVEN_BY.c.person_id, bindparam("of", type_=Text)),
    )
    .on_conflict_do_nothing()
)
"""What a program does to another, whoever keeps the one could have done."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A client that has been added; its secret is nowhere else."""

    client_id: str
    version: int
    added: ClientAdded
    client_secret: str | None


async def add_client(
    tx: Tx, organisation_id: str, asked: NewClient, *, by: Actor, at: datetime
) -> Credentials:
    """Add a client; a secret is made where it proves itself by one, and only its digest is kept.

    Effects: the client, who keeps it, the event client.added.
    """
    found = await identity.organisation_facts(tx, organisation_id, reason="")
    facts = ClientFacts(
        organisation_id=organisation_id, kind=found.kind, client_id=mint("client"), asked=asked
    )
    decision = rules.add_client(facts, by=by, at=at)
    made = secret() if decision.method is AuthMethod.SECRET else None
    await _write_client(tx, facts, decision, made=made)
    await _keep(tx, facts.client_id, by=by)
    version = await record(
        tx, "client.added", facts.client_id, facts=facts, decision=decision, by=by, at=at,
        audience=Audience(organisations=(organisation_id,)),
    )  # fmt: skip
    return Credentials(
        client_id=facts.client_id, version=version, added=decision, client_secret=made
    )


async def change_client(
    tx: Tx,
    client_id: str,
    asked: ClientChange,
    *,
    by: Actor,
    at: datetime,
    expected: int | None,
) -> Standing:
    """Change a client; effects: what it is, at once, who keeps it, the event client.changed.

    Where a key is taken away, the tokens that were given before are worth nothing.
    """
    facts = await queries.change_facts(tx, client_id, by=by, asked=asked)
    revision.check(expected, actual=facts.version)
    decision = rules.change_client(facts, by=by, at=at)
    then = decision.client
    await tx.run(
        _CHANGE_CLIENT,
        of=client_id,
        new_name=then.name,
        new_scopes=list(then.scopes),
        new_jwks=msgspec.json.encode(then.jwks) if then.jwks else None,
        new_jwks_uri=then.jwks_uri,
        new_redirect_uris=list(then.redirect_uris),
        new_version=facts.version + 1,
    )
    if facts.present.jwks != then.jwks or facts.present.jwks_uri != then.jwks_uri:
        await _keep(tx, client_id, by=by)
    if rules.takes_a_key_away(facts.present, then):
        await tx.run(_END_TOKENS, of=client_id, now=await idempotency.clock(tx))
    await tokens_die(tx, client_id)
    version = await record(
        tx, "client.changed", client_id, facts=facts, decision=decision, by=by, at=at,
        audience=Audience(organisations=(facts.organisation_id,)),
    )  # fmt: skip
    return Standing(id=client_id, state="active", version=version)


async def replace_secret(
    tx: Tx, client_id: str, *, until: datetime, by: Actor, at: datetime, expected: int | None
) -> tuple[str, int]:
    """Make a client's next secret, and have the present one be good `until` then, in real time.

    Returns the secret, which is nowhere else, and the version. Effects: the one before the
    present one is good no more, and where the present one ends at once, neither are the tokens
    that were given before; who asked keeps the client, too; the event client.secret_replaced.
    """
    facts = await queries.change_facts(tx, client_id, by=by, asked=None)
    revision.check(expected, actual=facts.version)
    decision = rules.replace_secret(facts, by=by, at=at)
    made = secret()
    digest = hashlib.sha256(made.encode()).digest()
    await tx.run(
        _REPLACE_SECRET, of=client_id, until=until, digest=digest, new_version=facts.version + 1
    )
    await _keep(tx, client_id, by=by)
    now = await idempotency.clock(tx)
    if until <= now:
        await tx.run(_END_TOKENS, of=client_id, now=now)
    await tokens_die(tx, client_id)
    version = await record(
        tx, "client.secret_replaced", client_id, facts=facts, decision=decision, by=by, at=at,
        audience=Audience(organisations=(facts.organisation_id,)),
    )  # fmt: skip
    return made, version


async def deactivate_client(
    tx: Tx, client_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Deactivate a client; effects: its tokens die, the event client.deactivated."""
    facts = await queries.client_facts(tx, client_id, by=by)
    revision.check(expected, actual=facts.version)
    decision = deactivate(facts, by=by, at=at)
    await tx.run(_DEACTIVATE_CLIENT, of=client_id, at=at, new_version=facts.version + 1)
    await tokens_die(tx, client_id)
    version = await record(
        tx, "client.deactivated", client_id, facts=facts, decision=decision, by=by, at=at,
        audience=Audience(organisations=(facts.organisation_id,)),
    )  # fmt: skip
    return Standing(id=client_id, state="deactivated", version=version)


async def _keep(tx: Tx, client_id: str, *, by: Actor) -> None:
    await tx.run(_KEEP, of=client_id, person_id=by.person_id, by_client=by.client_id)


async def _write_client(
    tx: Tx, facts: ClientFacts, decision: ClientAdded, *, made: str | None
) -> None:
    asked = facts.asked
    await tx.run(
        _ADD_CLIENT,
        id=facts.client_id,
        organisation_id=facts.organisation_id,
        name=asked.name,
        profile=Profile(asked.profile).value,
        scopes=list(decision.scopes),
        roles=[role.value for role in decision.roles],
        secret_digest=hashlib.sha256(made.encode()).digest() if made else None,
        jwks=msgspec.json.encode(asked.jwks) if asked.jwks else None,
        jwks_uri=asked.jwks_uri,
        redirect_uris=list(asked.redirect_uris),
        dpop=decision.dpop,
        version=1,
    )
