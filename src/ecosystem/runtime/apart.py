"""A transaction apart from the request's, for what stays on record although it is refused."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ecosystem.runtime.call import Call
from ecosystem.runtime.database import Tx
from ecosystem.runtime.desk import seen_by


@asynccontextmanager
async def apart(request: Call) -> AsyncGenerator[Tx]:
    """Undo what the request did, so that its locks are free; then open a transaction apart.

    To commit the refused transaction itself would store the refusal under the Idempotency-Key
    and repeat it when the time has come.
    """
    if request.visit.transaction is not None:
        await request.visit.transaction.end("ROLLBACK")
    async with request.house.database.transaction(seen_by(request.by)) as tx:
        tx.request_id = request.visit.request_id
        yield tx
