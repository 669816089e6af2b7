"""Keep, spend and revoke what clients and people are given on the way to a token.

Whatever can be used once is locked before it is spent, so that of many requests at once
one wins. Instants are real time, whatever a sandbox's clock says.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Table, Text, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.identity.clients.tables import assertion_used, client
from ecosystem.identity.oauth import queries, tokens
from ecosystem.identity.oauth.known import tokens_die
from ecosystem.identity.oauth.queries import Authorisation, Pending, digest_of
from ecosystem.identity.oauth.requests import Wanted
from ecosystem.identity.oauth.tables import (
    authorisation,
    authorisation_code,
    authorisation_request,
    dpop_proof,
    refresh_token,
    revoked_token,
)
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint, secret

AUTHORISED: Final = timedelta(days=14)
"""How long an authorisation lives, however often it is refreshed."""
PUSHED: Final = timedelta(seconds=90)
"""How soon a person must come with a pushed request."""
ANSWERED: Final = timedelta(minutes=15)
"""How long she may take to log in and to answer it."""
CODE: Final = timedelta(seconds=60)

_SPEND: Final = Statement(
    insert(assertion_used)
    .values({name: bindparam(name) for name in ("client_id", "jti", "expires_at")})
    .on_conflict_do_nothing()
    .returning(assertion_used.c.jti)
)
_FORGET: Final = Statement(
    delete(assertion_used)
    .where(assertion_used.c.client_id == bindparam("client_id"))
    .where(assertion_used.c.expires_at < bindparam("before"))
)
_SPEND_PROOF: Final = Statement(
    insert(dpop_proof)
    .values({name: bindparam(name) for name in ("jkt", "jti", "expires_at")})
    .on_conflict_do_nothing()
    .returning(dpop_proof.c.jti)
)
_FORGOTTEN_AT_ONCE: Final = 100
_FORGET_PROOFS: Final = Statement(
    delete(dpop_proof).where(
        tuple_(dpop_proof.c.jkt, dpop_proof.c.jti).in_(
            select(dpop_proof.c.jkt, dpop_proof.c.jti)
            .where(dpop_proof.c.expires_at < bindparam("before"))
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
)
_DENY: Final = Statement(
    insert(revoked_token)
    .values({name: bindparam(name) for name in ("jti", "expires_at")})
    .on_conflict_do_nothing()
)
_FORGET_DENIED: Final = Statement(
    delete(revoked_token).where(revoked_token.c.expires_at < bindparam("before"))
)


def _forgetting(table: Table, key: str, of: str) -> Statement:
    """Return the statement that deletes what expired `before`, but for what others hold."""
    column = table.c[key]
    expired = (
        select(column)
        .where(table.c[of] == bindparam(of))
        .where(table.c.expires_at < bindparam("before"))
        .with_for_update(skip_locked=True)
    )
    return Statement(delete(table).where(column.in_(expired)))


def _marking(table: Table, key: str, column: str) -> Statement:
    where = table.c[key] == bindparam("of")
    return Statement(update(table).where(where).values({column: bindparam("new_value")}))


_NOTE_USE: Final = _marking(client, "id", "last_used_at")
_KEEP_REQUEST: Final = inserting(authorisation_request)
_FORGET_REQUESTS: Final = _forgetting(authorisation_request, "digest", "client_id")
_BEGIN: Final = Statement(
    update(authorisation_request)
    .where(authorisation_request.c.digest == bindparam("of"))
    .values(pushed=False, expires_at=bindparam("new_value"))
)
_DROP_REQUEST: Final = Statement(
    delete(authorisation_request).where(authorisation_request.c.digest == bindparam("digest"))
)
_OPEN: Final = inserting(
    authorisation,
    "id", "client_id", "person_id", "organisation_id", "scopes", "acr", "authenticated_at",
    "jkt", "created_at", "expires_at",
)  # fmt: skip
_FORGET_GRANTS: Final = _forgetting(authorisation, "id", "person_id")
_BIND: Final = _marking(authorisation, "id", "jkt")
_REVOKE: Final = Statement(
    update(authorisation)
    .where(authorisation.c.id == bindparam("of"))
    .where(authorisation.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("new_value"))
    .returning(authorisation.c.id)
)
_REVOKE_ALL: Final = Statement(
    update(authorisation)
    .where(authorisation.c.person_id == bindparam("of_person", type_=Text))
    .where(
        or_(
            bindparam("of_organisation", type_=Text).is_(None),
            authorisation.c.organisation_id == bindparam("of_organisation", type_=Text),
        )
    )
    .where(authorisation.c.revoked_at.is_(None))
    .values(revoked_at=func.now())
)
_ADD_CODE: Final = inserting(
    authorisation_code,
    "digest", "authorisation_id", "redirect_uri", "code_challenge", "expires_at",
)  # fmt: skip
_USE_CODE: Final = _marking(authorisation_code, "digest", "used_at")
_ADD_REFRESH: Final = inserting(refresh_token, "digest", "authorisation_id", "issued_at")
_REPLACE_REFRESH: Final = _marking(refresh_token, "digest", "replaced_at")


async def spend_assertion(
    tx: Tx, *, client_id: str, jti: str, expires_at: datetime, before: datetime
) -> bool:
    """Spend an assertion; tell whether it was unspent. Forget those that expired `before`.

    Two requests with one assertion wait for each other, and one of them is told False.
    """
    await tx.run(_FORGET, client_id=client_id, before=before)
    return await tx.value(_SPEND, client_id=client_id, jti=jti, expires_at=expires_at) is not None


async def spend_proof(
    tx: Tx, *, jkt: str, jti: bytes, expires_at: datetime, before: datetime
) -> bool:
    """Spend a proof of a key; tell whether it was unspent.

    Effects: proofs of any key that expired `before` are forgotten, since anybody can make a key
    for each request, and never come again.
    """
    await tx.run(_FORGET_PROOFS, before=before)
    return await tx.value(_SPEND_PROOF, jkt=jkt, jti=jti, expires_at=expires_at) is not None


async def note_use(tx: Tx, client_id: str, *, now: datetime) -> None:
    """Note that a client has proved itself `now`."""
    await tx.run(_NOTE_USE, of=client_id, new_value=now)


async def deny(tx: Tx, jti: str, *, expires_at: datetime, now: datetime) -> None:
    """Have an access token that nobody authorised, a program's own, be worth nothing.

    Effects: every process forgets it; this one when the commit is done.
    """
    await tx.run(_FORGET_DENIED, before=now)
    await tx.run(_DENY, jti=jti, expires_at=expires_at)
    await tokens_die(tx, jti)


async def keep_request(
    tx: Tx, wanted: Wanted, *, client_id: str, pushed: bool, now: datetime
) -> str:
    """Keep an authorisation request; return its handle, of which only the digest is kept.

    A pushed one lives 90 s until a person comes with it, any other 15 minutes.
    """
    handle = secret()
    await tx.run(_FORGET_REQUESTS, client_id=client_id, before=now)
    await tx.run(
        _KEEP_REQUEST,
        digest=digest_of(handle),
        client_id=client_id,
        asked=msgspec.json.encode(wanted),
        pushed=pushed,
        asked_at=now,
        expires_at=now + (PUSHED if pushed else ANSWERED),
    )
    return handle


async def find_request(tx: Tx, handle: str, *, client_id: str, now: datetime) -> Pending | None:
    """Return the request behind a handle, locked; a pushed one now has its 15 minutes."""
    digest = digest_of(handle)
    found = await queries.pending(tx, digest, client_id=client_id, now=now)
    if found is not None and found.pushed:
        await tx.run(_BEGIN, of=digest, new_value=now + ANSWERED)
    return found


async def drop_request(tx: Tx, handle: str) -> None:
    """Drop a request that has been granted or refused; its handle is spent."""
    await tx.run(_DROP_REQUEST, digest=digest_of(handle))


async def open_grant(tx: Tx, grant: tokens.Grant, *, now: datetime) -> Authorisation:
    """Keep what a person authorises a client to do, for 14 days; return it under a new id.

    Requires a grant with a person, how she proved who she is, and when. Effects: her
    authorisations that have expired are forgotten, with their codes and refresh tokens.
    """
    if grant.person_id is None or grant.acr is None or grant.authenticated_at is None:
        message = "a person authorises, who has proved who she is"
        raise ValueError(message)
    await tx.run(_FORGET_GRANTS, person_id=grant.person_id, before=now)
    opened = Authorisation(
        id=mint("grant"),
        client_id=grant.client_id,
        person_id=grant.person_id,
        organisation_id=grant.organisation_id,
        scopes=grant.scopes,
        acr=grant.acr,
        authenticated_at=grant.authenticated_at,
        jkt=grant.jkt,
        expires_at=now + AUTHORISED,
        is_revoked=False,
    )
    kept: dict[str, Any] = msgspec.structs.asdict(opened)
    kept |= {"scopes": list(opened.scopes), "acr": opened.acr.value, "created_at": now}
    await tx.run(_OPEN, **kept)
    return opened


async def revoke_grant(tx: Tx, grant_id: str, *, now: datetime) -> None:
    """Revoke an authorisation: its code and refresh tokens are worth nothing from now on.

    Effects: every process forgets its access tokens; this one when the commit is done.
    """
    if await tx.value(_REVOKE, of=grant_id, new_value=now) is None:
        return
    await tokens_die(tx, grant_id)


async def revoke_all(tx: Tx, person_id: str, *, organisation_id: str | None = None) -> None:
    """Revoke whatever a person authorised: for one organisation, or for any.

    Effects: every process asks anew who acts with her tokens.
    """
    await tx.run(_REVOKE_ALL, of_person=person_id, of_organisation=organisation_id)
    await tokens_die(tx, person_id)


async def bind_grant(tx: Tx, grant_id: str, *, jkt: str) -> None:
    """Bind an authorisation to the key with this thumbprint, and to no other's holder."""
    await tx.run(_BIND, of=grant_id, new_value=jkt)


async def add_code(tx: Tx, grant_id: str, *, wanted: Wanted, now: datetime) -> str:
    """Return a new code for an authorisation, good once within 60 s."""
    code = secret()
    await tx.run(
        _ADD_CODE,
        digest=digest_of(code),
        authorisation_id=grant_id,
        redirect_uri=wanted.redirect_uri,
        code_challenge=wanted.code_challenge,
        expires_at=now + CODE,
    )
    return code


async def use_code(tx: Tx, digest: bytes, *, now: datetime) -> None:
    """Mark a code, which the caller has locked, as used."""
    await tx.run(_USE_CODE, of=digest, new_value=now)


async def add_refresh(tx: Tx, grant_id: str, *, now: datetime) -> str:
    """Return a new refresh token of an authorisation, good as long as that is."""
    made = secret()
    await tx.run(_ADD_REFRESH, digest=digest_of(made), authorisation_id=grant_id, issued_at=now)
    return made


async def replace_refresh(tx: Tx, digest: bytes, *, now: datetime) -> None:
    """Mark a refresh token, which the caller has locked, as replaced by another."""
    await tx.run(_REPLACE_REFRESH, of=digest, new_value=now)
