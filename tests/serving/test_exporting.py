"""An auditor takes all that a search finds from a running service, and sees how far it is."""

import asyncio
import hashlib
import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.audit.filled import COUNT, FILL
from tests.parties import bearer, seeded
from tests.serving import books
from tests.serving.conftest import copied
from tests.serving.service import COMMAND, Service, environ, run

ASKED = ("--where", "type=milestone.*", "--where", "recorded_before=2026-01-01T00:00:00Z")
SEALED = COUNT // 1_000
"""How many of the events are not the auditor's to see."""


async def _fill(service: Service) -> str:
    """Fill the service's log with events; return an auditor's access token."""
    async with httpx.AsyncClient(base_url=service.address, timeout=30) as client:
        city = (await seeded(client)).party("city").organisation_id
        token = await bearer(client, "auditor", "auditor")
    connection = await asyncpg.connect(books.superuser_url(service.folder))
    number = await connection.fetchval("SELECT number FROM organisation WHERE id = $1", city)
    await connection.execute(FILL, number, city, COUNT)
    await connection.close()
    return token["Authorization"].removeprefix("Bearer ")


@pytest.fixture(scope="module")
def service(grounds: Path, seeded: Path) -> Iterator[Service]:
    made = Service(copied(seeded, within=grounds)).start().ready()
    try:
        token = asyncio.run(_fill(made))
        (made.folder / "token").write_text(token, encoding="ascii")
        yield made
    finally:
        made.discard()


def _arguments(service: Service, to: Path, *more: str) -> tuple[str, ...]:
    where = ("--url", service.address, "--token-file", str(service.folder / "token"))
    return ("audit", "export", str(to), *where, *ASKED, *more)


def _watched(*arguments: str) -> tuple[int, str]:
    """Run a command whose errors go to a terminal; return its exit code and what was seen."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environ(), stdout=subprocess.DEVNULL, stderr=theirs
    ) as running:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 65_536):
                seen += piece
        except OSError:  # A terminal that nobody holds any more is at its end.
            pass
        os.close(ours)
    return running.returncode, seen.decode()


def test_whoever_watches_sees_how_many_events_there_are_and_up_to_when(
    service: Service, tmp_path: Path
) -> None:
    to = tmp_path / "events.ndjson"

    code, seen = _watched(*_arguments(service, to))

    told = re.findall(r"([0-9,]+) events, ([0-9,]+) bytes, to ([^\s\x1b]+)", seen)
    counts = [int(events.replace(",", "")) for events, _, _ in told]
    reached = [datetime.fromisoformat(at) for _, _, at in told]
    assert code == 0, seen
    assert counts == [*range(1_000, COUNT - SEALED, 1_000), COUNT - SEALED]
    assert int(told[-1][1].replace(",", "")) == to.stat().st_size
    assert reached == sorted(reached)
    assert reached[-1] < datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_a_program_reads_of_each_file_what_it_holds(
    service: Service, tmp_path: Path, form: str
) -> None:
    to = tmp_path / f"events.{form}"

    done = run(*_arguments(service, to, "--format", form, "--json"))

    content = to.read_bytes()
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "file": str(to), "format": form, "events": COUNT - SEALED, "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    assert list(tmp_path.iterdir()) == [to]


def test_what_breaks_off_leaves_the_file_of_before(service: Service, tmp_path: Path) -> None:
    to = tmp_path / "events.csv"
    to.write_text("of before", encoding="ascii")

    refused = run(*_arguments(service, to, "--where", "kind=nothing"))

    assert refused.returncode == 1
    assert "The service refused" in refused.stderr
    assert to.read_text(encoding="ascii") == "of before"
    assert list(tmp_path.iterdir()) == [to]
