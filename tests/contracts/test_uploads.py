"""A large document arrives in parts, and loses nothing that was cut off."""

import asyncio
import base64
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.contracts.rules import DocumentUnsound
from ecosystem.contracts.uploads import actions, rules
from ecosystem.contracts.uploads.model import BeginFacts, Bounds, UploadDraft
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor, OrganisationKind
from tests import disks
from tests.conftest import reach
from tests.contracts.partnership import Partnership, awarded

SUPPLIER = ("enterprise", "delivery")
OFFICER = ("city", "officer")
TEXT = ("第一部分。" * 400 + "The rest.\n" * 300).encode()
HALF = len(TEXT) // 2
BOUNDS = Bounds(one=100, each=150, all=200)
ACTOR = Actor(
    organisation_id="org_a", organisation_number=1, kind=OrganisationKind.ENTERPRISE,
    verified=True, jurisdiction="CN", client_id="client_a", person_id="person_a",
)  # fmt: skip
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> dict[str, Partnership]:
    return {}


@pytest.fixture
async def active(
    client: httpx.AsyncClient,
    database: Database,
    server: EmbeddedServer,
    database_name: str,
    made: dict[str, Partnership],
) -> Partnership:
    """A contract in force, the same for the whole module."""
    if "one" not in made:
        superuser = server.dsn(database_name, role="postgres")
        made["one"] = await (await awarded(client, database, superuser)).active()
    kept = made["one"]
    return dataclasses.replace(kept, client=client)


def _said(content: bytes, **changed: object) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    return {
        "name": "资产登记 register.txt", "media_type": "text/plain", "bytes": len(content),
        "sha256": digest, **changed,
    }  # fmt: skip


async def _begin(at: Partnership, content: bytes = TEXT, **changed: object) -> str:
    path = f"/v1/contracts/{at.contract_id}/uploads"
    answer = await at.post(path, _said(content, **changed), by=SUPPLIER)
    assert answer.status_code == 201, answer.text
    assert (answer.headers["upload-offset"], answer.headers["upload-complete"]) == ("0", "?0")
    where: str = answer.headers["location"]
    return where


async def _append(
    at: Partnership, where: str, content: bytes | AsyncIterator[bytes], *, offset: int,
    last: bool = False, **headers: str,
) -> httpx.Response:  # fmt: skip
    sent = {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Upload-Complete": "?1" if last else "?0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
        **(await at.as_(*SUPPLIER)),
    }
    return await at.client.patch(where, content=content, headers=sent)


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _left(chosen: Settings) -> list[str]:
    folder = Path(chosen.data_folder or ".") / "documents"
    return [one.name for part in (".uploads", ".arriving") for one in (folder / part).glob("*")]


async def test_parts_become_the_document_that_was_said(
    active: Partnership, chosen: Settings
) -> None:
    where = await _begin(active)

    first = await _append(active, where, TEXT[:HALF], offset=0)
    head = await active.client.head(where, headers=await active.as_(*SUPPLIER))
    last = await _append(active, where, TEXT[HALF:], offset=HALF, last=True)

    assert (first.status_code, first.json()["offset"], first.json()["state"]) == (200, HALF, "open")
    assert head.headers["upload-offset"] == str(HALF)
    assert head.headers["upload-length"] == str(len(TEXT))
    assert (last.json()["state"], last.headers["upload-complete"]) == ("complete", "?1")
    document = f"/v1/documents/{last.json()['document_id']}"
    assert last.headers["location"] == document
    assert (await active.get(document, by=OFFICER)).json()["name"] == "资产登记 register.txt"
    assert (await active.get(f"{document}/content", by=OFFICER)).content == TEXT
    assert _code(await _append(active, where, b"", offset=len(TEXT))) == (409, "upload_closed")
    assert _left(chosen) == []


async def test_a_part_that_begins_elsewhere_is_told_the_offset(active: Partnership) -> None:
    where = await _begin(active)
    await _append(active, where, TEXT[:10], offset=0)

    for offset in (0, 11):
        answer = await _append(active, where, TEXT[10:20], offset=offset)
        assert _code(answer) == (409, "offset_differs")
        assert answer.headers["upload-offset"] == "10"
    early = await _append(active, where, b"", offset=10, last=True)
    assert (_code(early), early.headers["upload-offset"]) == ((409, "upload_unfinished"), "10")
    beyond = await _append(active, where, TEXT, offset=10)
    assert _code(beyond) == (413, "too_large")


async def test_of_two_appenders_at_once_one_wins_and_the_other_is_told_the_offset(
    active: Partnership,
) -> None:
    where, begun, go = await _begin(active), asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield TEXT[:HALF]
        begun.set()
        await go.wait()
        yield TEXT[HALF:]

    winner = asyncio.create_task(_append(active, where, slowly(), offset=0))
    await begun.wait()
    await asyncio.sleep(0.05)
    loser = await _append(active, where, TEXT, offset=0)
    go.set()

    assert _code(loser) == (409, "upload_busy")
    assert "upload-offset" in loser.headers
    assert (await winner).json()["offset"] == len(TEXT)


async def test_what_arrived_before_the_line_was_cut_stays(active: Partnership) -> None:
    where = await _begin(active)

    cut = await _append(active, where, TEXT[:HALF], offset=0, Content_Length=str(len(TEXT)))

    assert _code(cut) == (400, "body_cut_off")
    seen = (await active.get(where, by=SUPPLIER)).json()
    assert (seen["offset"], seen["state"]) == (HALF, "open")
    done = await _append(active, where, TEXT[HALF:], offset=HALF, last=True)
    assert done.json()["state"] == "complete"


Sized = Callable[..., None]


@pytest.fixture
def disk(chosen: Settings) -> Iterator[Sized]:
    """Puts the documents on a disk of so much room, and gives it more when called again."""
    folder = Path(chosen.data_folder or ".") / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    mounted: list[bool] = []

    def sized(*, kilobytes: int, files: int) -> None:
        chosen_size = (f"size={kilobytes}k", f"nr_inodes={files}")
        (disks.resize if mounted else disks.mount)(folder, *chosen_size)
        mounted.append(True)

    yield sized
    if mounted:
        disks.unmount(folder)


async def test_a_disk_that_fills_up_keeps_what_found_room_and_takes_the_rest_later(
    active: Partnership, chosen: Settings, disk: Sized
) -> None:
    content, kept = TEXT * 300, b"%PDF-1.7 kept"
    disk(kilobytes=1024, files=100)
    filed = (await active.file(kept, by=SUPPLIER)).headers["location"]
    where = await _begin(active, content)

    full = await _append(active, where, content, offset=0, last=True)
    offset = int(full.headers["upload-offset"])
    still = await _append(active, where, content[offset:], offset=offset, last=True)

    for answer in (full, still):
        assert _code(answer) == (503, "unavailable")
        assert "no room" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["upload-offset"] == str(offset)
    assert 0 < offset < len(content)
    seen = (await active.get(where, by=SUPPLIER)).json()
    assert (seen["state"], seen["offset"], seen["refusal"]) == ("open", offset, None)
    assert (await active.get(f"{filed}/content", by=SUPPLIER)).content == kept
    disk(kilobytes=8192, files=100)
    done = await _append(active, where, content[offset:], offset=offset, last=True)
    there = f"/v1/documents/{done.json()['document_id']}/content"
    assert (await active.get(there, by=OFFICER)).content == content
    assert _left(chosen) == []


async def test_what_has_all_arrived_is_filed_once_there_is_room_for_its_name(
    active: Partnership, chosen: Settings, disk: Sized
) -> None:
    content = TEXT + b"once"
    disk(kilobytes=1024, files=3)
    where = await _begin(active, content)

    full = await _append(active, where, content, offset=0, last=True)
    seen = (await active.get(where, by=SUPPLIER)).json()
    disk(kilobytes=1024, files=100)
    done = await _append(active, where, b"", offset=len(content), last=True)

    assert _code(full) == (503, "unavailable")
    assert full.headers["upload-offset"] == str(len(content))
    assert (seen["state"], seen["document_id"]) == ("open", None)
    there = f"/v1/documents/{done.json()['document_id']}/content"
    assert (await active.get(there, by=OFFICER)).content == content
    assert _left(chosen) == []


async def test_what_is_not_what_was_said_is_refused_and_says_so_afterwards(
    active: Partnership, chosen: Settings
) -> None:
    other = await _begin(active, sha256="0" * 64)
    no_text = await _begin(active, b"\x89PNG\r\n\x1a\n")

    for where, content, code in (
        (other, TEXT, "digest_differs"), (no_text, b"\x89PNG\r\n\x1a\n", "content_differs"),
    ):  # fmt: skip
        answer = await _append(active, where, content, offset=0, last=True)
        assert _code(answer) == (422, "document_unsound")
        assert {fault["code"] for fault in answer.json()["errors"]} == {code}
        seen = (await active.get(where, by=SUPPLIER)).json()
        assert (seen["state"], seen["document_id"]) == ("refused", None)
        assert seen["refusal"] in answer.json()["detail"]
    assert not {one.rpartition("/")[2] for one in (other, no_text)} & set(_left(chosen))


async def test_a_part_with_a_wrong_digest_is_not_taken(active: Partnership) -> None:
    where = await _begin(active)
    await _append(active, where, TEXT[:10], offset=0)
    right = base64.b64encode(hashlib.sha256(TEXT[10:]).digest()).decode()

    wrong = await _append(
        active, where, TEXT[10:HALF], offset=10, Content_Digest=f"sha-256=:{right}:"
    )
    taken = await _append(active, where, TEXT[10:], offset=10, Content_Digest=f"sha-256=:{right}:")

    assert (_code(wrong), wrong.headers["upload-offset"]) == ((422, "part_differs"), "10")
    assert taken.json()["offset"] == len(TEXT)


async def test_an_abandoned_upload_is_gone(active: Partnership, chosen: Settings) -> None:
    where = await _begin(active)
    await _append(active, where, TEXT[:10], offset=0)
    headers = await active.as_(*SUPPLIER)

    gone = await active.client.delete(where, headers=headers)

    assert gone.status_code == 204
    assert _code(await active.get(where, by=SUPPLIER)) == (404, "upload_missing")
    assert where.rpartition("/")[2] not in _left(chosen)


async def test_nobody_else_sees_or_writes_an_upload(active: Partnership) -> None:
    where = await _begin(active)

    for by in (OFFICER, ("second_enterprise", "delivery"), ("auditor", "auditor")):
        answer = await active.get(where, by=by)
        assert answer.json()["code"] in {"upload_missing", "not_allowed"}, by


async def test_uploads_persist_across_processes_and_are_discarded_after_a_day(
    active: Partnership, chosen: Settings, edge: Edge, database: Database
) -> None:
    where = await _begin(active)
    await _append(active, where, TEXT[:HALF], offset=0)
    another = app.build(chosen)
    async with app.living(another), reach(another) as client:
        there = await client.get(where, headers=await active.as_(*SUPPLIER))
        assert there.json()["offset"] == HALF
    parts = edge.application.state.house.blobs.parts

    now = datetime.now(UTC)
    assert await actions.discard_old(database, parts, now=now, hours=24) == 0
    count = await actions.discard_old(database, parts, now=now + timedelta(hours=25), hours=24)

    assert count > 0
    assert _left(chosen) == []
    assert _code(await active.get(where, by=SUPPLIER)) == (404, "upload_missing")


@pytest.mark.parametrize(
    ("changed", "pending", "refusal"),
    [
        ({"bytes": 101}, (0, 0), rules.UploadTooLarge),
        ({"bytes": 100}, (51, 51), rules.UploadsFull),
        ({"bytes": 100}, (0, 101), rules.UploadsFull),
        ({"media_type": "text/html"}, (0, 0), DocumentUnsound),
        ({"name": "../x.txt"}, (0, 0), DocumentUnsound),
        ({"name": "x.exe"}, (0, 0), DocumentUnsound),
    ],
)
def test_uploads_stay_within_their_bounds(
    changed: dict[str, object], pending: tuple[int, int], refusal: type[Exception]
) -> None:
    asked = msgspec.convert(_said(b"x") | changed, UploadDraft)
    own, all_ = pending
    facts = BeginFacts(
        is_party=True, asked=asked, pending_of_organisation=own, pending=all_, bounds=BOUNDS
    )

    with pytest.raises(refusal):
        rules.begin(facts, by=ACTOR, at=AT)
