"""Outside identities over HTTP."""

import time

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.identity import access
from ecosystem.identity.oauth.tokens import TokenWrong
from ecosystem.identity.outside import actions, entering, queries, rules
from ecosystem.identity.outside.model import NewIdentity
from ecosystem.identity.outside.schemas import Identities, IdentityView
from ecosystem.identity.outside.tokens import Outside
from ecosystem.runtime import idempotency, problems
from ecosystem.runtime.remembered import Away
from ecosystem.runtime.web import Call, EdgeFinding, Standing, get, post, seen_by


@post(
    "/v1/me/outside-identities",
    permit=access.LINK_IDENTITY,
    answers=IdentityView,
    late=True,
    refuses=(
        rules.NoOutsideIssuer,
        rules.OwnTokenNeeded,
        rules.ClientOfOne,
        rules.OutsideTokenInvalid,
        rules.IdentityLinked,
        rules.IdentityOfAnother,
    ),
)
async def link_outside_identity(request: Call, data: JSONBody[NewIdentity]) -> Response[bytes]:
    """Link an outside identity.

    The caller proves with one request both who she is here, by a token of this service that
    followed a passkey, and who she is at the outside issuer, by an access token of it in the
    body. From then on that issuer's access tokens are accepted for her, in every organisation of
    hers: so only a client of the operator does it. An identity that is another person's is
    refused.
    """
    issuer = request.house.issuer
    if issuer is None:
        raise rules.NoOutsideIssuer("There is no outside issuer.")
    bearer = (request.header(b"authorization") or "").partition(" ")[2]
    if entering.is_outside(bearer, house=request.house):
        raise rules.OwnTokenNeeded(f"The caller's token is of {issuer.name}.")
    by = request.by
    await queries.check_client(request.reading, by)
    outside = await _proved(request, data.token)
    async with request.house.database.transaction(seen_by(by)) as tx:
        tx.request_id = request.visit.request_id
        made = await actions.link(
            tx, by.person_id or "", issuer=issuer.name, subject=outside.subject, by=by,
            at=request.house.clock.at(await idempotency.clock(tx)),
        )  # fmt: skip
    return request.answer(made)


@get(
    "/v1/me/outside-identities",
    permit=access.READ_IDENTITIES,
    answers=Identities,
    refuses=(rules.ClientOfOne,),
)
async def list_outside_identities(request: Call) -> Response[bytes]:
    """List your outside identities.

    The identities at the outside issuer by which the caller is known here, the oldest first.
    """
    await queries.check_client(request.tx, request.by)
    found = await queries.identities(request.tx, request.by.person_id or "")
    return request.answer(Identities(found))


@post(
    "/v1/me/outside-identities/{identity_id:str}/removal",
    permit=access.REMOVE_IDENTITY,
    answers=Standing,
    status=200,
    refuses=(rules.ClientOfOne, rules.IdentityUnknown),
)
async def remove_outside_identity(request: Call, identity_id: FromPath[str]) -> Response[bytes]:
    """Remove an outside identity.

    The outside issuer's tokens for it are worth nothing from then on: at once in this process,
    within a second in every other. It can be linked again.
    """
    by = request.by
    await queries.check_client(request.tx, by)
    standing = await actions.unlink(
        request.tx, identity_id, person_id=by.person_id or "", by=by, at=request.at
    )
    return request.answer(standing)


async def _proved(request: Call, token: str) -> Outside:
    """Return who an outside token, which anybody may use who has it, is of."""
    if not entering.is_outside(token, house=request.house):
        raise rules.OutsideTokenInvalid("The token is of another issuer.")
    try:
        outside = await entering.proved(token, house=request.house, now=time.time())
    except TokenWrong as wrong:
        raise rules.OutsideTokenInvalid(str(wrong)) from None
    except Away:
        raise EdgeFinding(problems.UNAVAILABLE, "The outside issuer does not answer.") from None
    return outside


ROUTES = (link_outside_identity, list_outside_identities, remove_outside_identity)
