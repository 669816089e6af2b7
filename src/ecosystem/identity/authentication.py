"""Who a request comes from: an access token becomes an actor, as of this moment."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Final

import msgspec

from ecosystem.identity import queries
from ecosystem.identity.oauth import dpop, tokens
from ecosystem.identity.oauth import queries as oauth
from ecosystem.identity.oauth.known import ACCESS_CHANNEL, Known, Verified
from ecosystem.identity.outside import entering
from ecosystem.runtime.edge import DPOP, Proof, TokenInvalid
from ecosystem.runtime.listener import Listener
from ecosystem.runtime.web import House
from ecosystem.values.actor import Actor

_LOOK_S: Final = 0.5


class Authenticator:
    """Verifies access tokens, and remembers them only while it would hear of their death.

    A client or person that is deactivated, a membership or an organisation that changes,
    and an authorisation or a token that is revoked is told to every process on a channel
    of the database. While that channel is heard, a verified token is remembered until it
    expires; else the database is asked for every request. A key that is removed is seen in
    the folder of the keys.
    """

    def __init__(self, house: House) -> None:
        """Remember nothing yet, and listen to nothing."""
        self._house = house
        self._known = Known()
        self._keys_state = 0
        self._look_again_at = 0.0
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

    async def actor(
        self, token: str, organisation: str | None = None, proof: Proof | None = None
    ) -> Actor:
        """Return who acts with `token`; raise TokenInvalid where it is good for nobody.

        A token that is bound to a key comes with a proof of it, and no other does. Only for a
        token of the outside issuer it counts which organisation the request names; raises
        NotAdmitted where it must name one, and where that issuer is away.
        """
        now = time.time()
        self._look_for_keys(now)
        is_outside = entering.is_outside(token, house=self._house)
        kept_as = f"{token}\n{organisation or ''}" if is_outside else token
        digest = hashlib.sha256(kept_as.encode()).digest()
        known = self._known.get(digest, now=now)
        if known is None:
            generation = self._known.generation
            if is_outside:
                known = await entering.verified(token, organisation, house=self._house, now=now)
            else:
                known = await self._verified(token, now=now)
            if self._listener.is_healthy:
                self._known.keep(digest, known, generation=generation)
        if known.jkt is not None or proof is not None:
            await self._prove(known, token, proof)
        return known.actor

    def _look_for_keys(self, now: float) -> None:
        """Forget all tokens where a key was added or removed, within half a second of it."""
        if now >= self._look_again_at:
            self._look_again_at = now + _LOOK_S
            state = self._house.keys.tokens.state
            if state == 0 or state != self._keys_state:
                self._keys_state = state
                self._known.forget_all()

    async def _verified(self, token: str, *, now: float) -> Verified:
        """Verify a token of this service."""
        try:
            opened = tokens.verify(
                token,
                keys=self._house.keys.tokens.checking(now),
                issuer=self._house.settings.public_url,
                now=now,
            )
        except tokens.TokenWrong as wrong:
            raise TokenInvalid(str(wrong)) from None
        grant = opened.grant
        return Verified(
            await self._ask(opened),
            opened.expires_at,
            jkt=grant.jkt,
            grant_id=grant.grant_id,
            jti=opened.jti,
        )

    async def _prove(self, known: Verified, token: str, proof: Proof | None) -> None:
        """Refuse where the sender does not prove the key that the token is bound to."""
        if proof is None:
            message = "The access token is bound to a key: send it as DPoP, with a proof."
            raise TokenInvalid(message, scheme=DPOP)
        if known.jkt is None:
            message = "The access token is bound to no key: send it as Bearer."
            raise TokenInvalid(message, scheme=DPOP)
        wanted = dpop.Wanted(
            method=proof.method,
            url=f"{self._house.settings.public_url}{proof.path}",
            now=datetime.now(UTC),
            token=token,
        )
        try:
            async with self._house.database.transaction() as tx:
                jkt = await dpop.proven(tx, proof.headers, wanted)
        except dpop.DpopInvalid as wrong:
            raise TokenInvalid(str(wrong), scheme=DPOP, error="invalid_dpop_proof") from None
        if jkt is None:
            message = "The request has no DPoP header."
            raise TokenInvalid(message, scheme=DPOP, error="invalid_dpop_proof")
        if jkt != known.jkt:
            message = "The proof is of another key than the access token is bound to."
            raise TokenInvalid(message, scheme=DPOP)

    async def _ask(self, opened: tokens.Opened) -> Actor:
        tx, grant = self._house.database.plain(), opened.grant
        actor = None
        if not await oauth.is_revoked(
            tx, jti=opened.jti, client_id=grant.client_id, grant_id=grant.grant_id
        ):
            actor = await queries.actor(
                tx,
                client_id=grant.client_id,
                person_id=grant.person_id,
                organisation_id=grant.organisation_id,
                scopes=grant.scopes,
            )
        if actor is None:
            message = (
                "The access token was revoked, or its client, person or membership is no more."
            )
            raise TokenInvalid(message)
        if grant.person_id is None:
            return actor
        return msgspec.structs.replace(
            actor, acr=grant.acr, authenticated_at=grant.authenticated_at
        )
