"""Load observations in batches over HTTP, beside PostgreSQL's own COPY of the same rows.

Metrics are observed by hour, a year of each in one batch. COPY puts the same rows, with their
batches and events, into the same tables of another database of the same server. Then a year of
one metric is read as aggregates, as it was reported and when all of it is verified. Growth
compares the last tenth of each size with the first size.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import journey
import place
from cells import CELLS, Stock
from place import Place
from serving import Server

from ecosystem.values.identifiers import authority_of

_HOURS: Final = 8_760
_FIRST: Final = date(2020, 1, 1)
_SENDERS: Final = 2
_READS: Final = 21
_DATABASE: Final = "bench"
_OTHER: Final = "bench_copied"
_OBSERVED: Final = (
    '{"window":"hour","aggregation":"availability","percentile":null,"factor":"1",'
    '"completeness":"0.95","late_after_days":36500,"time_zone":"Asia/Shanghai"}'
)
_METRICS: Final = """
INSERT INTO metric (authority_id, id, version, contract_id, code, title, definition, unit,
  direction, frequency, granularity, observed, source, method, verification, baseline, target)
SELECT authority_id, bench_id('metric', 1500000000000 + n, authority_id, n), 1, contract_id,
  'bench-' || n, title, definition, unit, direction, 'month', 'hour', $2, source, method,
  verification, baseline, target
FROM metric, generate_series(1, $3::bigint) AS n WHERE id = $1
RETURNING id"""
_COPIED: Final = ("observation_batch", "event", "observation")


def measure(sizes: list[int]) -> int:
    """Load so many observations, the smallest size first, and print what was measured."""
    with place.opened(core=-1) as here:
        whole = [cell for cell in CELLS if cell.whole][:1]
        stock = place.prepare(here, [100], wanted=whole, writes={})[100]
        metrics = asyncio.run(_metrics(here, stock, -(-max(sizes) // _HOURS)))
        with here.ours(_DATABASE, name=_DATABASE) as server:
            _measure(here, server, stock, metrics, sizes)
    return 0


def _measure(
    here: Place, server: Server, stock: Stock, metrics: list[str], sizes: list[int]
) -> None:
    address = f"http://127.0.0.1:{server.port}"
    stock.staged = journey.renewed(address, stock.staged)
    headers = {"Authorization": stock.bearer("enterprise/delivery")}
    done, first = 0, (0.0, 0.0)
    for size in sizes:
        wanted = -(-size // _HOURS)
        tail = max(done + 1, wanted - max(1, wanted // 10))
        began = time.perf_counter()
        _load(address, headers, metrics[done:tail])
        middle = time.perf_counter()
        _load(address, headers, metrics[tail:wanted])
        ended = time.perf_counter()
        last = (ended - middle) / max(1, wanted - tail) / _HOURS * 1e6
        read = _read_ms(address, headers, metrics[wanted // 2])
        _verify(address, stock.bearer("verifier/verifier"), metrics[wanted // 2])
        counted = _read_ms(address, headers, metrics[wanted // 2])
        rows = (wanted - done) * _HOURS
        print(f"{wanted * _HOURS:>12,} rows: loaded {rows / (ended - began):,.0f} rows/s,")
        print(f"{'':12} {last:.1f} us a row in the last tenth, a year read in {read:.1f} ms,")
        print(f"{'':12} and in {counted:.1f} ms where all of it is verified (wanted 50)")
        if first == (0.0, 0.0):
            first = (last, counted)
            copied = asyncio.run(_copied(here))
            print(f"{'':12} COPY took {copied:.1f} s, we {ended - began:.1f} s: ", end="")
            print(f"{(ended - began) / copied:.2f} times (wanted 2)")
        else:
            print(f"{'':12} growth {last / first[0]:.2f} to load, {counted / first[1]:.2f} to read")
        done = wanted


async def _metrics(here: Place, stock: Stock, count: int) -> list[str]:
    """Add metrics observed by hour to a contract that began long ago; copy the database."""
    connection = await asyncpg.connect(here.postgres.dsn(_DATABASE, role="postgres"))
    metric_id = stock.staged.metric
    rows = await connection.fetch(_METRICS, metric_id, _OBSERVED, count)
    # No contract is altered but by what was signed; this one must have begun long ago.
    await connection.execute("ALTER TABLE contract DISABLE TRIGGER contract_is_guarded")
    await connection.execute(
        "UPDATE contract SET starts_on = $2 WHERE id ="
        " (SELECT contract_id FROM metric WHERE id = $1)",
        metric_id, _FIRST,
    )  # fmt: skip
    await connection.execute("ALTER TABLE contract ENABLE ALWAYS TRIGGER contract_is_guarded")
    await connection.close()
    admin = await asyncpg.connect(here.postgres.admin_dsn())
    await admin.execute(f"CREATE DATABASE {_OTHER} OWNER ecosystem_owner TEMPLATE {_DATABASE}")
    await admin.close()
    if metric_id is None or not authority_of(metric_id):
        raise LookupError(metric_id)
    return sorted(row["id"] for row in rows)


def _load(address: str, headers: dict[str, str], metrics: list[str]) -> None:
    content = "\n".join(_lines()).encode()
    kind = {**headers, "Content-Type": "application/x-ndjson"}

    def send(metric_id: str) -> None:
        path = f"{address}/v1/metrics/{metric_id}/batches"
        answer = httpx.post(path, content=content, headers=kind, timeout=120)
        if answer.status_code != httpx.codes.CREATED or answer.json()["reported"] != _HOURS:
            raise LookupError(answer.text)

    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(send, metrics))


def _lines() -> Iterator[str]:
    for number in range(_HOURS):
        day = _FIRST + timedelta(days=number // 24)
        yield (
            f'{{"starts_on":"{day}","ends_on":"{day + timedelta(days=1)}","hour":{number % 24},'
            f'"value":"99.{number % 1000:03}","source":"probe"}}'
        )


def _verify(address: str, bearer: str, metric_id: str) -> None:
    """Verify a year of one metric, month by month: each month is one transaction."""
    days = [date(_FIRST.year, month, 1) for month in range(1, 13)]
    days.append(_FIRST + timedelta(_HOURS // 24))
    for starts_on, ends_on in pairwise(days):
        asked = {
            "period": {"starts_on": f"{starts_on}", "ends_on": f"{ends_on}"},
            "reason": {"en": "Checked", "zh": "已核对"},
        }
        path, headers = f"{address}/v1/metrics/{metric_id}/verifications", {"Authorization": bearer}
        httpx.post(path, json=asked, headers=headers, timeout=120).raise_for_status()


def _read_ms(address: str, headers: dict[str, str], metric_id: str) -> float:
    """Return the median of reading a year of one metric, in milliseconds."""
    path = f"/v1/metrics/{metric_id}/aggregates?starts_on={_FIRST}&ends_on=2020-12-31"
    taken: list[float] = []
    with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
        for _ in range(_READS):
            began = time.perf_counter()
            http.get(path).raise_for_status()
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def _copied(here: Place) -> float:
    """Return the seconds in which COPY puts what was loaded into the other database."""
    source = await asyncpg.connect(here.postgres.dsn(_DATABASE, role="postgres"))
    target = await asyncpg.connect(here.postgres.dsn(_OTHER, role="postgres"))
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for table in _COPIED:
            names = [
                row["attname"]
                for row in await source.fetch(
                    "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass"
                    " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                    table,
                )
            ]
            chosen = {"event": "type = 'batch.reported'", "observation": "batch_id IS NOT NULL"}
            where = f" WHERE {chosen[table]}" if table in chosen else ""
            file = Path(folder, table)
            query = f"SELECT {', '.join(names)} FROM {table}{where}"  # noqa: S608
            await source.copy_from_query(query, output=file)
            began = time.perf_counter()
            await target.copy_to_table(table, source=file, columns=names)
            seconds += time.perf_counter() - began
    await source.close()
    await target.close()
    return seconds
