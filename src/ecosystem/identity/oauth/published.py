"""The keys that a client publishes, fetched before anything of the database is held.

An address that others choose may take its time to answer: whoever waits for it keeps nobody
else from the database.
"""

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import OAuth2Error
from joserfc.errors import JoseError

from ecosystem.identity.clients.model import Jwks
from ecosystem.identity.oauth import assertions, forms, queries
from ecosystem.runtime.database import Tx
from ecosystem.runtime.published import KeyAddresses
from ecosystem.runtime.remembered import Away


@dataclass(frozen=True)
class Published:
    """What stands at the address of a client's keys."""

    address: str
    jwks: Jwks
    """Those with the name that the assertion says."""


async def published(
    tx: Tx, body: bytes, *, addresses: KeyAddresses, now: float
) -> Published | None:
    """Return the keys at the `jwks_uri` of the client that a form's assertion names, or None.

    `tx` holds no connection but while it reads. Refuses nothing: a client without keys fails
    like any other that proves nothing. Takes 3 s for the name and 3 s for the document at
    most, and mostly nothing, since keys are remembered.
    """
    try:
        said = forms.parameters(body).get("client_assertion")
        if said is None:
            return None
        kid = assertions.kid_of(said)
        registered = await queries.registered(tx, assertions.said_to_be(said))
        if registered is None or registered.jwks_uri is None:
            return None
        listed = await addresses.keys(registered.jwks_uri, kid=kid, now=now)
    except (OAuth2Error, Away, JoseError, ValueError, TypeError, RecursionError):
        return None
    jwks = assertions.usable(listed, kid=kid)
    return None if jwks is None else Published(registered.jwks_uri, jwks)
