"""Files of needs: kept by their digest, public with the version that names them, and then staying.

Rules with plain values, then HTTP, then what the database keeps.
"""

import asyncio
import base64
import hashlib
import uuid
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.needs.attachments import rules
from ecosystem.needs.attachments.model import FileFacts
from ecosystem.needs.attachments.rules import AttachmentsTooMany, AttachmentUnsound, NeedSettled
from ecosystem.needs.model import State
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.values.identifiers import authority_of
from tests.conventions import market
from tests.conventions.market import Market
from tests.needs.drafts import AT, OFFICER

PDF = b"%PDF-1.7\nTechnical specification\n"
MERGE = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}


def facts(**changed: Any) -> FileFacts:
    sound = FileFacts(
        need_id="need_01890a5d000070008000000000000000",
        authority_number=7,
        state=State.DRAFT,
        count=0,
        bytes_before=0,
        name="specification.pdf",
        media_type="application/pdf",
        is_of_type=True,
        bytes=len(PDF),
        sha256="a" * 64,
        declared_sha256="a" * 64,
    )
    return msgspec.structs.replace(sound, **changed)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": None}, "name_missing"),
        ({"name": "specification.exe"}, "name_differs"),
        ({"declared_sha256": None}, "digest_missing"),
        ({"declared_sha256": "b" * 64}, "digest_differs"),
        ({"is_of_type": False}, "content_differs"),
    ],
)
def test_a_file_is_what_its_header_fields_say(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(AttachmentUnsound) as caught:
        rules.file(facts(**changed), by=OFFICER, at=AT)

    assert [one.code for one in caught.value.faults] == [code]


@pytest.mark.parametrize("state", [one for one in State if one not in {"draft", "published"}])
def test_nothing_is_attached_to_a_need_that_takes_no_offers_any_more(state: State) -> None:
    with pytest.raises(NeedSettled):
        rules.file(facts(state=state), by=OFFICER, at=AT)


@pytest.mark.parametrize("changed", [{"count": rules.COUNT_MAX}, {"bytes_before": rules.BYTES_MAX}])
def test_files_are_bounded_in_number_and_in_size(changed: dict[str, Any]) -> None:
    with pytest.raises(AttachmentsTooMany):
        rules.file(facts(**changed), by=OFFICER, at=AT)


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if not kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def drafted(client: httpx.AsyncClient, there: Market) -> str:
    made = await market.created(client, "/v1/needs", there.officer, there.draft)
    return f"/v1/needs/{made['id']}"


async def attached(
    client: httpx.AsyncClient, there: Market, path: str, content: bytes = PDF, digest: bytes = b""
) -> httpx.Response:
    sha256 = base64.b64encode(digest or hashlib.sha256(content).digest()).decode()
    headers = {
        **there.officer,
        "Content-Type": "application/pdf",
        "Content-Digest": f"sha-256=:{sha256}:",
        "Content-Disposition": "attachment; filename*=UTF-8''%E6%8A%80%E6%9C%AF.pdf",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    return await client.post(f"{path}/attachments", content=content, headers=headers)


def named(answer: httpx.Response, title: str = "Specification") -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return {
        "id": answer.json()["id"],
        "document_type": "technicalSpecifications",
        "title": {"zh": "技术规格", "en": title},
    }


async def change(
    client: httpx.AsyncClient, there: Market, path: str, *documents: dict[str, Any]
) -> httpx.Response:
    return await client.patch(
        path, json={"documents": list(documents)}, headers={**there.officer, **MERGE}
    )


async def amend(
    client: httpx.AsyncClient, there: Market, path: str, *documents: dict[str, Any]
) -> httpx.Response:
    asked = {"reason": {"en": "A drawing was missing."}, "changes": {"documents": list(documents)}}
    headers = {**there.officer, "If-Match": "*"}
    return await client.post(f"{path}/amendments", json=asked, headers=headers)


async def published(client: httpx.AsyncClient, there: Market) -> tuple[str, dict[str, Any]]:
    path = await drafted(client, there)
    document = named(await attached(client, there, path))
    assert (await change(client, there, path, document)).status_code == 200
    assert (await market.publish(client, there.officer, path[10:])).status_code == 201
    return path, document


async def test_a_file_is_its_authoritys_alone_until_the_need_that_names_it_is_published(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)
    document = named(await attached(client, there, path))
    file = f"/v1/attachments/{document['id']}"
    changed = await change(client, there, path, document)

    before = [
        (await client.get(one, headers=who)).status_code
        for one in (file, f"{file}/content")
        for who in (there.officer, there.bidder, {})
    ]
    await market.publish(client, there.officer, path[10:])
    (shown,) = (await client.get(path)).json()["documents"]
    content = await client.get(shown["url"])

    assert changed.status_code == 200, changed.text
    assert before == [200, 404, 404] * 2
    published_at = (await client.get(path)).json()["published_at"]
    assert datetime.fromisoformat(shown.pop("date_published")) == datetime.fromisoformat(
        published_at
    )
    assert shown == document | {
        "format": "application/pdf",
        "url": f"{file}/content",
        "bytes": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    assert content.content == PDF
    assert content.headers["content-disposition"].startswith("attachment;")
    assert content.headers["content-type"] == "application/pdf"
    assert (await client.get(file)).json()["name"] == "技术.pdf"


async def test_bytes_that_do_not_fit_their_digest_are_not_kept(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)

    answer = await attached(client, there, path, digest=hashlib.sha256(b"other").digest())

    assert (answer.status_code, answer.json()["code"]) == (422, "attachment_unsound")
    assert [one["code"] for one in answer.json()["errors"]] == ["digest_differs"]


async def test_a_published_need_takes_a_file_by_an_amendment_that_says_so(
    client: httpx.AsyncClient, there: Market
) -> None:
    path, first = await published(client, there)
    second = named(await attached(client, there, path, PDF + b"2"), "Drawing")
    hidden = await client.get(f"/v1/attachments/{second['id']}/content")

    patched = await change(client, there, path, first, second)
    amended = await amend(client, there, path, first, second)
    (amendment,) = (await client.get(f"{path}/amendments")).json()["data"]
    documents = (await client.get(path)).json()["documents"]

    assert (hidden.status_code, patched.status_code, amended.status_code) == (404, 409, 201)
    (added,) = [one for one in amendment["differences"] if one["pointer"] == "/documents/1"]
    assert (added["before"], added["after"]) == (None, second)
    assert documents[0]["date_published"] < documents[1]["date_published"]
    assert (await client.get(documents[1]["url"])).content == PDF + b"2"


async def test_a_draft_loses_a_document_and_what_is_public_stays(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)
    document = named(await attached(client, there, path))
    await change(client, there, path, document)
    emptied = await change(client, there, path)
    public, _ = await published(client, there)

    refused = await amend(client, there, public)

    assert (
        emptied.status_code,
        (await client.get(path, headers=there.officer)).json()["documents"],
    ) == (200, [])
    assert refused.status_code == 422
    assert [one["code"] for one in refused.json()["errors"]] == ["document_removed"]


async def test_a_need_names_its_own_files_and_each_once(
    client: httpx.AsyncClient, there: Market
) -> None:
    _, others = await published(client, there)
    path = await drafted(client, there)
    own = named(await attached(client, there, path))

    answer = await change(client, there, path, others, own, own)

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/documents/0/id", "document_unknown"),
        ("/documents/2/id", "document_twice"),
    ]


async def test_the_database_lets_no_public_document_go(
    client: httpx.AsyncClient, there: Market, owner_url: str
) -> None:
    path, _ = await published(client, there)
    connection = await asyncpg.connect(owner_url)

    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="loses a document"):
            await connection.execute("UPDATE need SET documents = '[]' WHERE id = $1", path[10:])
    finally:
        await connection.close()


async def test_of_two_sessions_that_add_the_last_file_one_does(
    client: httpx.AsyncClient, there: Market, database: Database
) -> None:
    need_id = (await drafted(client, there))[10:]

    async def add(connection: Any) -> None:
        await connection.execute(
            "INSERT INTO attachment VALUES ($1, $2, $3, 'a.pdf', 'application/pdf', 1, $4, 'x', "
            "now())", authority_of(need_id), mint("attachment", authority=authority_of(need_id)),
            need_id, "a" * 64,
        )  # fmt: skip

    one, other = await database.connect(), await database.connect()
    try:
        for _ in range(rules.COUNT_MAX - 1):
            await add(one)
        held = one.transaction()
        await held.start()
        await add(one)
        waiting = asyncio.create_task(add(other))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await held.commit()

        with pytest.raises(asyncpg.RestrictViolationError, match="no further attachment"):
            await waiting
    finally:
        await one.close()
        await other.close()
