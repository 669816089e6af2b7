"""Spend the assertion that a client proves itself with: each one once."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from ecosystem.identity.tables import assertion_used
from ecosystem.runtime.database import Statement, Tx

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


async def spend_assertion(
    tx: Tx, *, client_id: str, jti: str, expires_at: datetime, before: datetime
) -> bool:
    """Spend an assertion; tell whether it was unspent. Forget those that expired `before`.

    Two requests with one assertion wait for each other, and one of them is told False.
    """
    await tx.run(_FORGET, client_id=client_id, before=before)
    return await tx.value(_SPEND, client_id=client_id, jti=jti, expires_at=expires_at) is not None
