"""Write down what our server says to PostgreSQL for one request of each kind."""

import asyncio
import pickle
import re
from pathlib import Path
from typing import Any, Final

import asyncpg
import cells
import httpx
import msgspec
from cells import Cell, Stock
from replay import Said, Trace, Variable

from ecosystem import app
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.settings import Settings
from ecosystem.values.identifiers import authority_of

_SETTLE_S: Final = 0.05
"""The driver tells of a statement a moment after it."""
_JWS: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


async def record(chosen: Settings, stock: Stock, wanted: list[Cell]) -> dict[str, Trace]:
    """Return the trace of each cell; uses two of each kind of the stock's things up."""
    edge = app.build(msgspec.structs.replace(chosen, log_level="error"))
    async with app.living(edge):
        said = await _listen(edge)
        transport = httpx.ASGITransport(app=edge)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return {cell.name: await _one(client, cell, stock, said) for cell in wanted}


def keep(traces: dict[str, Trace], file: Path) -> None:
    """Write traces down; they hold times and bytes, so no text form fits."""
    file.write_bytes(pickle.dumps(traces))


async def _listen(edge: Edge) -> list[Said]:
    """Have everything that the only connection is told be written down from now on."""
    said: list[Said] = []

    def heard(query: Any) -> None:
        said.append(Said(query.query, tuple(query.args or ())))

    pool = edge.application.state.house.database.pool
    connection: asyncpg.Connection[asyncpg.Record] = await pool.acquire()
    connection.add_query_logger(heard)
    pool.release(connection)
    return said


async def _one(client: httpx.AsyncClient, cell: Cell, stock: Stock, said: list[Said]) -> Trace:
    """Ask twice, so that what is known after the first request is not asked again."""
    requests = cell.requests(stock, cells.OURS, 2)
    asked = [_taken_apart(one) for one in (requests * 2)[:2]]
    for method, path, headers, body in asked:
        await asyncio.sleep(_SETTLE_S)
        said.clear()
        answer = await client.request(method, path, headers=headers, content=body)
        if not answer.is_success:
            raise RuntimeError(f"{cell.name}: {answer.status_code} {answer.text}")
    await asyncio.sleep(_SETTLE_S)
    _, path, headers, body = asked[-1]
    return Trace(said=list(said), known=_known(cell, path, headers, body, list(said)))


def _known(
    cell: Cell, path: str, headers: dict[str, str], body: bytes, said: list[Said]
) -> dict[Variable, str]:
    _, _, _, *named = path.partition("?")[0].split("/")
    known: dict[Variable, str] = dict.fromkeys(named[:1], "id")
    if "idempotency-key" in headers:
        known[headers["idempotency-key"]] = "key"
    if "cursor" in httpx.URL(path).params:
        known |= {one: "cursor" for one in said[-1].arguments if str(one).startswith("need_")}
    if cell.name == "by_id":
        known[authority_of(named[0])] = "authority"
    if "text" in httpx.URL(path).params:
        known[httpx.URL(path).params["text"]] = "text"
    if cell.name == "report":
        known[httpx.Response(200, content=body).json()["source"]] = "source"
    if cell.name == "submit":
        known |= _sealed(said)
    return known


def _sealed(said: list[Said]) -> dict[Variable, str]:
    """Return the envelope, the receipt and the need among what was said for a submission."""
    known: dict[Variable, str] = {}
    for argument in (argument for one in said for argument in one.arguments):
        if isinstance(argument, bytes) and b'"cipher_text"' in argument:
            known[argument] = "envelope"
        if isinstance(argument, str) and _JWS.fullmatch(argument):
            known[argument] = "receipt"
        if isinstance(argument, str) and argument.startswith("need_"):
            known[argument] = "need_id"
    return known


def _taken_apart(request: bytes) -> tuple[str, str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return method, path, {name.lower(): value for name, value in headers.items()}, body
