"""What is past its time is erased, what is not stays, and nobody loses what he just filed."""

import asyncio
import dataclasses
import hashlib
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.catalogue.profiles.model import Records
from ecosystem.cli import main
from ecosystem.contracts.expiring import actions, rules
from ecosystem.contracts.expiring.model import ExpireFacts, Expiry, KeepFacts
from ecosystem.needs.attachments import queries as attachments
from ecosystem.needs.expiring import rules as files
from ecosystem.needs.expiring.model import FileExpireFacts
from ecosystem.payments.bank import queries as bank
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.stores import LocalFolder
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of
from tests.contracts.changing import WHY
from tests.contracts.partnership import Partnership, awarded
from tests.conventions import market
from tests.replay import replayed

SUPPLIER = ("enterprise", "delivery")
APPROVER = ("city", "approver")
OFFICER = ("city", "officer")
AUDITOR = ("auditor", "auditor")
BY = Actor(
    organisation_id="org", organisation_number=3, kind=OrganisationKind.GOVERNMENT, verified=True,
    jurisdiction="440000", client_id=actions.RULE,
)  # fmt: skip
NONE = Expiry(documents=0, bytes=0, erased=0, shared=0)
HOLDERS = (attachments.holds, bank.holds)


@pytest.mark.parametrize(
    ("ended_at", "zone", "kept_until"),
    [
        (datetime(2026, 5, 1, 15, 59, tzinfo=UTC), "Asia/Shanghai", date(2041, 5, 1)),
        (datetime(2026, 5, 1, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2041, 5, 2)),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), "Europe/Brussels", date(2043, 3, 1)),
    ],
    ids=range(3),
)
def test_years_are_counted_from_the_day_of_the_end_where_it_is(
    ended_at: datetime, zone: str, kept_until: date
) -> None:
    records = Records(years=15, law="procurement-law", article="第四十二条")
    facts = KeepFacts(ended_at=ended_at, time_zone=zone, records=records)

    kept = rules.keep(facts, by=BY, at=ended_at)

    assert kept.kept_until == kept_until
    expiring = ExpireFacts(document_id="d", contract_id="c", sha256="00", kept=kept)
    last = datetime.combine(kept_until, datetime.min.time(), UTC) + timedelta(days=2)
    with pytest.raises(rules.DocumentKept):
        rules.expire(expiring, by=BY, at=last - timedelta(seconds=1))
    assert rules.expire(expiring, by=BY, at=last).article == "第四十二条"


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture(scope="module")
def made() -> dict[str, Partnership]:
    return {}


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, superuser: str, made: dict[str, Partnership]
) -> Partnership:
    """A contract, the same for the whole module, that the first test ends."""
    if not made:
        made["one"] = await (await awarded(client, database, superuser)).active()
    return dataclasses.replace(made["one"], client=client)


@pytest.fixture
def blobs(edge: Edge) -> Blobs:
    found: Blobs = edge.application.state.house.blobs
    return found


async def _end(active: Partnership) -> None:
    path = f"/v1/contracts/{active.contract_id}/turns"
    said = {"kind": "termination", "ground": "agreement", **WHY}
    turn = await active.made(path, said, by=SUPPLIER, If_Match="*")
    approval = f"/v1/contract-turns/{turn['id']}/approval"
    await active.made(approval, None, by=APPROVER, If_Match="*")


async def _filed(active: Partnership, content: bytes) -> str:
    answer = await active.file(content, by=SUPPLIER)
    assert answer.status_code == 201, answer.text
    return f"/v1/documents/{answer.json()['id']}"


def _later(database: Database, blobs: Blobs) -> actions.Expiring:
    """Return what expires documents as if eleven years had passed."""
    return actions.Expiring(database, blobs, Clock(offset=timedelta(days=4_020)), HOLDERS)


ATTACHED = b"%PDF-1.7 attached to what was contracted"
ATTACH = """
INSERT INTO attachment (authority_id, id, need_id, name, media_type, bytes, sha256, filed_by,
  filed_at)
SELECT authority_id, 'attachment' || substr(id, 5), id, 'a.pdf', 'application/pdf', $2, $3,
  'person', now()
FROM need WHERE id = $1"""


async def _attached(active: Partnership, superuser: str, blobs: Blobs) -> str:
    """Write a file of the need of the contract, as if it was attached before the deadline."""
    digest = blobs.keep(ATTACHED)
    connection = await asyncpg.connect(superuser)
    await connection.execute("ALTER TABLE attachment DISABLE TRIGGER attachments_are_bounded")
    await connection.execute(ATTACH, active.need_id, len(ATTACHED), digest)
    await connection.execute("ALTER TABLE attachment ENABLE ALWAYS TRIGGER attachments_are_bounded")
    await connection.close()
    return f"/v1/attachments/attachment{active.need_id[4:]}"


async def test_a_file_of_a_need_stays_while_its_contract_lives(
    active: Partnership, superuser: str, database: Database, blobs: Blobs
) -> None:
    await _attached(active, superuser, blobs)

    assert await actions.expire(_later(database, blobs)) == NONE


async def test_a_file_of_a_need_that_was_given_up_expires_when_its_years_are_over(
    active: Partnership, client: httpx.AsyncClient, database: Database, blobs: Blobs
) -> None:
    there, content = await market.make(client), b"%PDF-1.7 given up"
    need = f"/v1/needs/{there.published_id}"
    attached = await active.file(content, by=OFFICER, under=f"{need}/attachments")
    path = attached.headers["location"]
    going_on = await actions.expire(_later(database, blobs))
    cancelled = await active.post(f"{need}/cancellation", WHY, by=OFFICER, If_Match="*")
    assert cancelled.status_code in {200, 201}, cancelled.text

    early = await actions.expire(dataclasses.replace(_later(database, blobs), clock=Clock()))
    dry = await actions.expire(_later(database, blobs), dry=True)
    read = await active.get(f"{path}/content", by=OFFICER)
    done = await actions.expire(_later(database, blobs))
    again = await actions.expire(_later(database, blobs))

    assert (going_on, early, again) == (NONE, NONE, NONE)
    assert dry == msgspec.structs.replace(NONE, attachments=1, bytes=len(content))
    assert (read.content, done) == (content, msgspec.structs.replace(dry, erased=1))
    after = await active.get(path, by=OFFICER)
    assert (after.headers["etag"], after.json()["version"]) == ('"v2"', 2)
    assert after.json()["expired_at"] is not None
    assert blobs.store.size(after.json()["sha256"]) is None
    gone = await active.get(f"{path}/content", by=OFFICER)
    assert (gone.status_code, gone.json()["code"]) == (410, "attachment_expired")
    assert "10 years" in gone.json()["detail"]
    replay = {"attachment.expired": (files.expire, FileExpireFacts)}
    assert (await replayed(database, replay))["attachment.expired"] == 1


async def test_a_document_is_kept_its_time_and_then_its_content_alone_is_gone(
    active: Partnership, database: Database, blobs: Blobs
) -> None:
    content = b"%PDF-1.7 kept"
    path = await _filed(active, content)
    address = urlsplit((await active.made(f"{path}/addresses", {}, by=APPROVER))["url"])
    before = (await active.get(path, by=SUPPLIER)).json()
    await _end(active)
    ended = await active.get(path, by=SUPPLIER)
    early = await actions.expire(dataclasses.replace(_later(database, blobs), clock=Clock()))
    dry = await actions.expire(_later(database, blobs), dry=True)
    read = await active.get(f"{path}/content", by=SUPPLIER)
    done = await actions.expire(_later(database, blobs))
    again = await actions.expire(_later(database, blobs))

    assert (before["kept_until"], before["expired_at"]) == (None, None)
    assert (ended.headers["etag"], early) == ('"v1.ended"', NONE)
    kept_until = date.fromisoformat(ended.json()["kept_until"])
    assert kept_until.year == datetime.now(UTC).year + 10
    whole = len(content) + len(ATTACHED)
    assert dry == Expiry(documents=1, attachments=1, bytes=whole, erased=0, shared=0)
    assert read.content == content
    assert (done, again) == (msgspec.structs.replace(dry, erased=2), NONE)
    after = await active.get(path, by=AUDITOR)
    assert after.headers["etag"] == '"v2.ended"'
    assert after.json()["expired_at"] is not None
    assert after.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert blobs.store.size(after.json()["sha256"]) is None
    for answer in (
        await active.get(f"{path}/content", by=AUDITOR),
        await active.client.get(f"{address.path}?{address.query}"),
        await active.post(f"{path}/addresses", {}, by=SUPPLIER),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "document_expired")
        assert "10 years" in answer.json()["detail"]
        assert "(platform)" in answer.json()["detail"]
    replay = await replayed(database, {"document.expired": (rules.expire, ExpireFacts)})
    assert replay["document.expired"] == 1


class _Breaking(LocalFolder):
    """Is killed as soon as it has removed something."""

    def remove(self, digest: str) -> None:
        super().remove(digest)
        raise ConnectionAbortedError


async def test_who_is_killed_between_erasing_and_saying_so_goes_on(
    active: Partnership, database: Database, blobs: Blobs
) -> None:
    await _filed(active, b"%PDF-1.7 killed")
    broken = dataclasses.replace(blobs, elsewhere=_Breaking(blobs.folder))

    with pytest.raises(ConnectionAbortedError):
        await actions.expire(_later(database, broken))
    done = await actions.expire(_later(database, blobs))

    assert done == Expiry(documents=0, bytes=0, erased=1, shared=0)
    assert await actions.expire(_later(database, blobs)) == NONE


async def test_two_runs_at_once_do_each_document_once(
    active: Partnership, database: Database, blobs: Blobs
) -> None:
    for number in range(4):
        await _filed(active, f"%PDF-1.7 {number // 2}".encode())

    both = await asyncio.gather(*(actions.expire(_later(database, blobs)) for _ in range(2)))

    assert sum(one.documents for one in both) == 4
    assert sum(one.erased for one in both) == 2


class _Slow(LocalFolder):
    """Removes when it is let."""

    reached = threading.Event()
    go = threading.Event()

    def remove(self, digest: str) -> None:
        self.reached.set()
        assert self.go.wait(20)
        super().remove(digest)


async def test_who_files_the_same_bytes_while_they_are_erased_waits_and_loses_nothing(
    active: Partnership, database: Database, blobs: Blobs
) -> None:
    content = b"%PDF-1.7 the same"
    old = await _filed(active, content)
    slow = dataclasses.replace(blobs, elsewhere=_Slow(blobs.folder))
    erasing = asyncio.create_task(actions.expire(_later(database, slow)))
    assert await asyncio.to_thread(_Slow.reached.wait, 20)

    filing = asyncio.create_task(_filed(active, content))
    early, _ = await asyncio.wait({filing}, timeout=0.4)
    _Slow.go.set()

    assert not early
    new = await filing
    assert (await erasing).erased == 1
    assert (await active.get(f"{new}/content", by=SUPPLIER)).content == content
    assert (await active.get(f"{old}/content", by=SUPPLIER)).status_code == 410


async def test_bytes_that_an_attachment_names_stay_when_a_document_of_them_expires(
    active: Partnership, client: httpx.AsyncClient, database: Database, blobs: Blobs
) -> None:
    content = b"%PDF-1.7 attached"
    path = await _filed(active, content)
    there = await market.make(client)
    attached = await active.file(
        content, by=OFFICER, under=f"/v1/needs/{there.published_id}/attachments"
    )
    assert attached.status_code == 201, attached.text

    done = await actions.expire(_later(database, blobs))

    assert done.shared == 1
    assert (await active.get(f"{path}/content", by=SUPPLIER)).status_code == 410
    read = await active.get(f"{attached.headers['location']}/content", by=OFFICER)
    assert read.content == content


async def test_the_database_keeps_documents_their_time(active: Partnership, superuser: str) -> None:
    path = await _filed(active, b"%PDF-1.7 early")
    document = path.rpartition("/")[2]
    place = authority_of(document)
    connection = await asyncpg.connect(superuser)
    expiry = (
        "INSERT INTO document_expiry SELECT authority_id, id, contract_id, sha256, now()"
        " FROM document WHERE authority_id = $1 AND id = $2"
    )
    keeping = (
        "INSERT INTO contract_keeping SELECT $1, id, current_date, $3, current_date, 'platform'"
        " FROM contract WHERE authority_id = $1 AND state = $2"
    )
    file_expiry = (
        "INSERT INTO attachment_expiry SELECT one.authority_id, one.id, one.sha256, '2000-01-01',"
        " 1, '2001-01-01', 'platform', NULL, now() FROM attachment AS one JOIN need ON need.id ="
        " one.need_id WHERE one.authority_id = $1 AND need.state = $2"
    )
    tried: list[tuple[str, tuple[Any, ...], str]] = [
        (expiry, (place, document), "documents_are_kept_their_time"),
        (keeping, (place, "terminated", 1), "contract_keeping_it_is_whole_years"),
        (file_expiry, (place, "published"), "attachments_are_kept_their_time"),
    ]
    found = list[str]()
    for statement, values, _ in tried:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await connection.execute(statement, *values)
        found.append(refused.value.constraint_name or "")
    await connection.close()

    assert found == [rule for _, _, rule in tried]


async def test_the_command_counts_erases_and_says_so(
    active: Partnership,
    superuser: str,
    chosen: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = await _filed(active, b"%PDF-1.7 by command")
    connection = await asyncpg.connect(superuser)
    await connection.execute(
        "ALTER TABLE contract_keeping DISABLE TRIGGER contract_keeping_stays;"
        " UPDATE contract_keeping SET ended_on = '2001-01-01', kept_until = '2016-01-01';"
        " ALTER TABLE contract_keeping ENABLE ALWAYS TRIGGER contract_keeping_stays"
    )
    await connection.close()
    monkeypatch.setenv("DATABASE_URL", chosen.database_url or "")
    monkeypatch.setenv("ECOSYSTEM_DATA_FOLDER", chosen.data_folder or "")
    capsys.readouterr()

    codes = [
        await asyncio.to_thread(main.main, ["documents", "expire", *more])
        for more in (["--dry-run", "--json"], ["--json"], [])
    ]

    dry, done, *words = capsys.readouterr().out.splitlines()
    assert codes == [0, 0, 0]
    counted, erased = (msgspec.json.decode(one, type=Expiry) for one in (dry, done))
    assert counted.documents == erased.documents == erased.erased > 0
    assert words[0] == "0 documents and 0 attachments of 0 bytes have expired."
    assert (await active.get(f"{path}/content", by=SUPPLIER)).status_code == 410
