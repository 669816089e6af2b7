"""How a token of the outside issuer becomes an actor: whose it is, and for which organisation."""

from typing import Final

import msgspec

from ecosystem.identity import queries as identity
from ecosystem.identity.oauth import queries as oauth
from ecosystem.identity.oauth.known import Verified
from ecosystem.identity.oauth.tokens import TokenWrong
from ecosystem.identity.outside import queries, tokens
from ecosystem.runtime import problems
from ecosystem.runtime.database import Tx
from ecosystem.runtime.edge import NotAdmitted, TokenInvalid
from ecosystem.runtime.issuer import Issuer
from ecosystem.runtime.remembered import Away
from ecosystem.runtime.web import House
from ecosystem.values.actor import Actor

HEADER: Final = "Ecosystem-Organisation"


def is_outside(token: str, *, house: House) -> bool:
    """Tell whether a token says that the outside issuer has given it."""
    return house.issuer is not None and tokens.issuer_of(token) == house.issuer.name


async def proved(token: str, *, house: House, now: float) -> tokens.Outside:
    """Return what a token of the outside issuer says, once its signature is checked.

    Raises TokenWrong, or Away where the issuer's keys cannot be had.
    """
    issuer = _issuer(house)
    kid = tokens.kid_of(token)
    bound = tokens.Bound(
        issuer=issuer.name,
        audience=house.settings.oidc_audience or "",
        person_claim=house.settings.oidc_person_claim,
    )
    return tokens.read(token, key=await issuer.key(kid, now=now), bound=bound, now=now)


async def verified(token: str, organisation: str | None, *, house: House, now: float) -> Verified:
    """Return who acts with a token of the outside issuer, for the organisation that is named.

    Raises TokenInvalid where it is good for nobody, and NotAdmitted where the issuer is
    away, or where she belongs to several organisations and names none.
    """
    try:
        outside = await proved(token, house=house, now=now)
    except TokenWrong as wrong:
        raise TokenInvalid(str(wrong)) from None
    except Away as away:
        raise NotAdmitted(
            problems.UNAVAILABLE,
            "The outside issuer does not answer.",
            retry_after_s=away.retry_after_s,
        ) from None
    tx = house.database.plain()
    known = await queries.known(tx, issuer=_issuer(house).name, subject=outside.subject)
    if known is None:
        raise TokenInvalid("The access token is of nobody who has linked it here.")
    actor = await _actor(tx, outside, known.person_id, organisation, house=house)
    return Verified(actor, outside.expires_at, known.identity_id)


async def _actor(
    tx: Tx, outside: tokens.Outside, person_id: str, organisation: str | None, *, house: House
) -> Actor:
    client = await oauth.registered(tx, house.settings.oidc_client or "")
    found = None
    if client is not None:
        places = await oauth.organisations(tx, person_id, client=client)
        found = await identity.actor(
            tx,
            client_id=client.id,
            person_id=person_id,
            organisation_id=_chosen([place.id for place in places], organisation),
            scopes=outside.scopes,
        )
    if found is None:
        raise TokenInvalid("The client, person or membership behind the access token is no more.")
    return msgspec.structs.replace(
        found, acr=outside.acr, authenticated_at=outside.authenticated_at
    )


def _issuer(house: House) -> Issuer:
    if house.issuer is None:
        message = "no setting names an outside issuer"
        raise RuntimeError(message)
    return house.issuer


def _chosen(places: list[str], organisation: str | None) -> str:
    """Return the organisation that she acts for: the one that she names, or her only one."""
    if organisation is not None:
        if organisation not in places:
            raise TokenInvalid(f"The person does not belong to what {HEADER} names.")
        return organisation
    if not places:
        raise TokenInvalid("The person behind the access token belongs to no organisation.")
    if len(places) > 1:
        raise NotAdmitted(
            problems.ORGANISATION_MISSING, f"The person belongs to {len(places)} organisations."
        )
    return places[0]
