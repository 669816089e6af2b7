"""The bare minimum for the same work: Litestar and asyncpg, and only the statements.

Nothing is authenticated, permitted, limited, decided or logged. It says to PostgreSQL exactly
what our server was heard to say for a request of the kind, on the same kind of pool.
"""

import os
import pickle
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
from joserfc import jws
from joserfc.jwk import ECKey
from litestar import Litestar, Request, Response, get, post
from replay import Replay, Trace, Values
from serving import POOL

from ecosystem.offers import sealing
from ecosystem.offers.envelope import Officer, SealedBy, Terms
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import entropy, mint
from ecosystem.runtime.settings import Settings
from ecosystem.values.identifiers import authority_of

TRACES: Final = "BENCH_TRACES"
AUTHORITY: Final = "BENCH_AUTHORITY"
OFFICERS: Final = "BENCH_OFFICERS"
_KEY: Final = ECKey.generate_key("P-256")
_DEADLINE: Final = "2030-01-01T00:00:00.000000Z"
_ASKED: Final = {
    "cursor": ("list",),
    "text": ("search_zh", "search_en", "search_rare"),
    "sector": ("search_sector",),
    "value_min": ("search_value",),
    "in_state": ("search_state",),
}
"""What a list is asked by, and under which names it was recorded; all texts by one statement."""


Asked = Request[Any, Any, Any]


class _Report(msgspec.Struct):
    source: str


class Bare:
    """What the routes share."""

    def __init__(self) -> None:
        """Read what was recorded; connect to nothing yet."""
        self.database = Database(os.environ["DATABASE_URL"], Settings(pool_size=POOL))
        self.authority = int(os.environ[AUTHORITY])
        self.officers = tuple(
            Officer(*one) for one in msgspec.json.decode(os.environ[OFFICERS], type=list[list[str]])
        )
        recorded = Path(os.environ[TRACES]).read_bytes()
        traces: dict[str, Trace] = pickle.loads(recorded)  # noqa: S301 - our own file
        self.replays = {
            name: Replay(trace, authority=self.authority) for name, trace in traces.items()
        }

    async def run(
        self, name: str, values: Values, *, found: Sequence[str] = ()
    ) -> list["asyncpg.Record"]:
        """Say what was recorded under `name`, on one connection."""
        connection = await self.database.pool.acquire()
        try:
            return await self.replays[name].run(connection, values, found=found)
        finally:
            self.database.pool.release(connection)


def create() -> Litestar:
    """Return the application."""
    bare = Bare()

    @asynccontextmanager
    async def living(_: Litestar) -> AsyncGenerator[None]:
        yield
        await bare.database.close()

    application = Litestar(
        route_handlers=[by_id, listed, publish, submit, report, history],
        openapi_config=None,
        logging_config=None,
        lifespan=[living],
    )
    application.state.bare = bare
    return application


@get("/v1/needs/{need_id:str}")
async def by_id(request: Asked, need_id: str) -> Response[bytes]:
    """Answer a need."""
    values: Values = {"id": need_id, "authority": authority_of(need_id)}
    (row,) = await _bare(request).run("by_id", values)
    return _answer(row[0])


@get("/v1/needs")
async def listed(request: Asked) -> Response[bytes]:
    """Answer a page of needs, or of what is sought."""
    bare, query = _bare(request), request.query_params
    asked = next(name for name in _ASKED if name in query)
    name = next(name for name in _ASKED[asked] if name in bare.replays)
    (row,) = await bare.run(name, {asked: query[asked]})
    return _answer(b'{"data":%b}' % (row[0] or b"[]"))


@post("/v1/needs/{need_id:str}/publication")
async def publish(request: Asked, need_id: str) -> Response[bytes]:
    """Publish a need."""
    await _bare(request).run("publish", {"id": need_id, "key": _key(request)})
    return _standing(need_id)


@post("/v1/offers/{offer_id:str}/submission")
async def submit(request: Asked, offer_id: str) -> Response[bytes]:
    """Submit an offer: the same sealing and the same signature."""
    bare = _bare(request)
    terms = Terms(
        need_id=mint("need", authority=bare.authority),
        lot_id=mint("lot", authority=bare.authority),
        bidder_id=mint("org"),
        offer_id=offer_id,
        deadline_at=_DEADLINE,
        threshold=2,
        officers=bare.officers,
    )
    body = await request.body()
    sealed = sealing.seal(body, terms=terms, sealed_by=SealedBy.SERVER, entropy=entropy)
    receipt = jws.serialize_compact(
        {"alg": "ES256", "typ": "receipt+jwt"}, sealed.digest().encode(), _KEY
    )
    values: Values = {
        "id": offer_id, "key": _key(request), "envelope": sealed.encode(), "receipt": receipt,
    }  # fmt: skip
    await bare.run("submit", values, found=("need_id",))
    return _standing(offer_id)


@post("/v1/metrics/{metric_id:str}/observations")
async def report(request: Asked, metric_id: str) -> Response[bytes]:
    """Report an observation."""
    asked = msgspec.json.decode(await request.body(), type=_Report)
    values: Values = {"id": metric_id, "key": _key(request), "source": asked.source}
    await _bare(request).run("report", values)
    return _standing(metric_id)


@get("/v1/milestones/{milestone_id:str}/history")
async def history(request: Asked, milestone_id: str) -> Response[bytes]:
    """Answer what happened to a milestone."""
    (row,) = await _bare(request).run("history", {"id": milestone_id})
    return _answer(b'{"data":%b}' % row[0])


def _bare(request: Asked) -> Bare:
    bare: Bare = request.app.state.bare
    return bare


def _key(request: Asked) -> str:
    return request.headers["idempotency-key"]


def _standing(identifier: str) -> Response[bytes]:
    return Response(
        msgspec.json.encode({"id": identifier, "version": 2}),
        status_code=201,
        media_type="application/json",
    )


def _answer(body: bytes) -> Response[bytes]:
    return Response(body, media_type="application/json")
