"""A month of a hundred thousand contracts in one job, which is killed and goes on."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.payments import copies
from tests.payments.steps import unsound

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(7200)]

TEN = 10_000
HUNDRED = 100_000
MADE = """
SELECT (SELECT count(*) FROM calculation) AS calculations,
  (SELECT count(DISTINCT contract_id) FROM calculation) AS contracts,
  (SELECT count(DISTINCT contract_id) FROM payment) AS payments,
  (SELECT sum(amount) FROM payment) AS amount"""


async def test_a_month_of_a_hundred_thousand_contracts_in_one_job(
    database: Database,
    database_url: str,
    server: EmbeddedServer,
    database_name: str,
    tmp_path: Path,
) -> None:
    superuser_url = server.dsn(database_name, role="postgres")
    superuser = await asyncpg.connect(superuser_url)
    agreed = await copies.unfollowed(database, database_url, tmp_path)

    await copies.copy(database, superuser_url, agreed, numbers=range(1, TEN))
    few = await ended(copies.calculating(database_url), of=TEN)
    other = await copies.unfollowed(database, database_url, tmp_path / "other")
    await copies.copy(database, superuser_url, other, numbers=range(TEN + 1, TEN + HUNDRED))
    first = copies.calculating(database_url)
    await copies.until(superuser, made=TEN + HUNDRED // 3)
    first.kill()
    first.communicate()
    done = await superuser.fetchval("SELECT count(*) FROM calculation")
    many = await ended(copies.calculating(database_url), of=TEN + HUNDRED - done)

    made = await superuser.fetchrow(MADE)
    await superuser.close()
    assert made is not None
    assert set(made[:3]) == {TEN + HUNDRED}
    assert made["amount"] == 30 * (TEN + HUNDRED)
    assert many < 1.1 * few
    patient = Database(database_url, Settings(statement_ms_max=3_600_000))
    assert await unsound(patient) == []
    await patient.close()


async def ended(process: "subprocess.Popen[str]", *, of: int) -> int:
    """Wait for the end of a run, tell its time, and return the most memory it had, in KiB."""
    began, most = time.monotonic(), 0
    while process.poll() is None:
        most = max(most, _most_kib(process.pid))
        await asyncio.sleep(0.1)
    told, _ = process.communicate()
    taken = time.monotonic() - began
    sys.stderr.write(f"{of} contracts: {taken:.0f} s, {most} KiB; {told}")
    assert process.returncode == 0
    return most


def _most_kib(pid: int) -> int:
    """Return the most memory that a process has had; what a parent had before is not counted."""
    said = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    lines = [line.split() for line in said.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) if lines else 0
