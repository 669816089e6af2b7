"""How a person comes back at her browser: she chooses a password, and is logged in.

It is digested between two short transactions; nothing of the database is held.
"""

from dataclasses import dataclass

from ecosystem.identity.login import entering as strength
from ecosystem.identity.login import passwords, sessions
from ecosystem.identity.login import queries as login
from ecosystem.identity.login.queries import Account
from ecosystem.identity.recovery import actions, queries, rules
from ecosystem.runtime import idempotency
from ecosystem.runtime.web import Call
from ecosystem.values.actor import Assurance
from ecosystem.values.text import Text


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A recovery that can be used, and whose it is."""

    account: Account
    organisations: list[Text]

    def check(self, password: str) -> None:
        """Refuse with PasswordShort, PasswordLong, PasswordCommon."""
        strength.check(password, account=self.account, organisations=self.organisations)


async def open_one(call: Call, code: str) -> Opened:
    """Return the recovery behind a code; refuses with RecoveryUnknown, and as rules.recover."""
    tx = call.house.database.plain()
    facts = await queries.seen(tx, code)
    rules.check_open(facts, at=call.at)
    return Opened(
        account=await login.account_of(tx, facts.person_id),
        organisations=await login.organisations(tx, facts.person_id),
    )


async def recover(call: Call, code: str, *, password: str) -> None:
    """Give who has the code this password, which was checked, and log her in.

    Refuses as actions.recover. Effects: as of actions.recover, and of sessions.begin.
    """
    digest = await passwords.digest(password)
    async with call.house.database.transaction() as tx:
        tx.request_id = call.visit.request_id
        now = await idempotency.clock(tx)
        at = call.house.clock.at(now)
        person_id = await actions.recover(tx, code, digest=digest, at=at)
        await sessions.begin(call, tx, person_id=person_id, acr=Assurance.PASSWORD, now=now)
