"""What can be done with recoveries: load, decide, write, record."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.history.actions import record
from ecosystem.history.model import Audience
from ecosystem.identity.login import actions as accounts
from ecosystem.identity.login import queries as login
from ecosystem.identity.login.model import BY_LOGIN
from ecosystem.identity.login.passkeys import actions as passkeys
from ecosystem.identity.oauth.actions import revoke_all
from ecosystem.identity.outside import actions as outside
from ecosystem.identity.recovery import queries, rules
from ecosystem.identity.recovery.tables import recovery
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import secret
from ecosystem.values.actor import Actor

_ADD: Final = inserting(
    recovery,
    "id", "person_id", "offered_in", "offered_by", "digest", "offered_at", "expires_at",
)  # fmt: skip
_REPLACE: Final = Statement(
    update(recovery)
    .where(recovery.c.person_id == bindparam("of"))
    .where(recovery.c.used_at.is_(None), recovery.c.replaced_at.is_(None))
    .values(replaced_at=bindparam("at"))
)
_USE: Final = Statement(
    update(recovery).where(recovery.c.id == bindparam("of")).values(used_at=bindparam("at"))
)


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery that has been offered; its code is nowhere else."""

    recovery_id: str
    code: str
    expires_at: datetime
    version: int

    def link(self, root: str) -> str:
        """Return where its person chooses a password, at the service whose address is `root`."""
        return f"{root}/recovery?code={self.code}"


async def offer(tx: Tx, person_id: str, *, by: Actor, at: datetime) -> Offered:
    """Offer a person a new way in, by a code that works once; only its digest is kept.

    Refuses with PersonUnknown, and as rules.offer. Effects: the one that was offered before is
    worth nothing; the event person.recovery_offered, which her organisations read.
    """
    facts = await queries.offer_facts(tx, person_id, by=by)
    decision = rules.offer(facts, by=by, at=at)
    code = secret()
    await tx.run(_REPLACE, of=person_id, at=at)
    await tx.run(
        _ADD,
        id=facts.recovery_id,
        person_id=person_id,
        offered_in=list(facts.organisations),
        offered_by=by.person_id,
        digest=queries.digest_of(code),
        offered_at=at,
        expires_at=decision.expires_at,
    )
    version = await record(
        tx, "person.recovery_offered", facts.recovery_id, facts=facts, decision=decision, by=by,
        at=at, audience=Audience(organisations=(by.organisation_id, *facts.organisations)),
    )  # fmt: skip
    return Offered(
        recovery_id=facts.recovery_id, code=code, expires_at=decision.expires_at, version=version
    )


async def recover(tx: Tx, code: str, *, digest: str, at: datetime) -> str:
    """Give who has the code a new password, whose `digest` was made; return the person.

    Refuses with RecoveryUnknown, and as rules.recover. Effects: her old password, her passkeys
    and outside identities are gone, her sessions end, whatever she authorised is revoked; the
    event person.recovered, which her organisations read.
    """
    facts = await queries.found(tx, code)
    by = await login.herself(tx, facts.person_id, client_id=BY_LOGIN)
    if by is None:
        raise accounts.BelongsNowhere("Nobody can say for whom she acts.")
    decision = rules.recover(facts, by=by, at=at)
    await tx.run(_USE, of=facts.recovery_id, at=at)
    await accounts.set_password(tx, decision.person_id, digest=digest)
    await passkeys.remove_all(tx, decision.person_id)
    await outside.unlink_all(tx, decision.person_id)
    await accounts.end_sessions(tx, decision.person_id)
    await revoke_all(tx, decision.person_id)
    await record(
        tx, "person.recovered", facts.recovery_id, facts=facts, decision=decision, by=by, at=at,
        audience=Audience(organisations=facts.organisations),
    )  # fmt: skip
    return decision.person_id
