"""Who a request comes from: an access token becomes an actor, as of this moment."""

import hashlib
import time

import msgspec

from ecosystem.identity import queries
from ecosystem.identity.oauth import tokens
from ecosystem.identity.oauth.known import ACCESS_CHANNEL, Known, Verified
from ecosystem.identity.outside import entering
from ecosystem.runtime.edge import TokenInvalid
from ecosystem.runtime.listener import Listener
from ecosystem.runtime.web import House
from ecosystem.values.actor import Actor


class Authenticator:
    """Verifies access tokens, and remembers them only while it would hear of their death.

    A client or person that is deactivated, and a membership or an organisation that
    changes, is told to every process on a channel of the database. While that channel is
    heard, a verified token is remembered until it expires; else the database is asked
    for every request.
    """

    def __init__(self, house: House) -> None:
        """Remember nothing yet, and listen to nothing."""
        self._house = house
        self._known = Known()
        self._listener = Listener(
            house.database,
            channel=ACCESS_CHANNEL,
            heard=self._known.forget,
            found=self._begin,
            lost=self._known.forget_all,
        )

    async def start(self) -> None:
        """Begin to listen for what changes elsewhere."""
        await self._listener.start()

    async def stop(self) -> None:
        """Listen no more, and forget all tokens."""
        await self._listener.stop()
        self._known.forget_all()

    @property
    def remembers(self) -> bool:
        """Tell whether verified tokens are remembered just now."""
        return self._listener.is_healthy

    async def _begin(self) -> None:
        # Whatever is being read now may be older than a word that was said before.
        self._known.forget_all()

    async def actor(self, token: str, organisation: str | None = None) -> Actor:
        """Return who acts with `token`; raise TokenInvalid where it is good for nobody.

        Only for a token of the outside issuer it counts which organisation the request names;
        raises NotAdmitted where it must name one, and where that issuer is away.
        """
        now = time.time()
        is_outside = entering.is_outside(token, house=self._house)
        kept_as = f"{token}\n{organisation or ''}" if is_outside else token
        digest = hashlib.sha256(kept_as.encode()).digest()
        known = self._known.get(digest, now=now)
        if known is not None:
            return known
        generation = self._known.generation
        if is_outside:
            verified = await entering.verified(token, organisation, house=self._house, now=now)
        else:
            verified = await self._verified(token, now=now)
        if self._listener.is_healthy:
            self._known.keep(digest, verified, generation=generation)
        return verified.actor

    async def _verified(self, token: str, *, now: float) -> Verified:
        """Verify a token of this service."""
        try:
            grant, expires_at = tokens.verify(
                token, key=self._house.keys.tokens, issuer=self._house.settings.public_url, now=now
            )
        except tokens.TokenWrong as wrong:
            raise TokenInvalid(str(wrong)) from None
        return Verified(await self._ask(grant), expires_at)

    async def _ask(self, grant: tokens.Grant) -> Actor:
        actor = await queries.actor(
            self._house.database.plain(),
            client_id=grant.client_id,
            person_id=grant.person_id,
            organisation_id=grant.organisation_id,
            scopes=grant.scopes,
        )
        if actor is None:
            message = "The client, the person or the membership behind the token is no more."
            raise TokenInvalid(message)
        if grant.person_id is None:
            return actor
        return msgspec.structs.replace(
            actor, acr=grant.acr, authenticated_at=grant.authenticated_at
        )
