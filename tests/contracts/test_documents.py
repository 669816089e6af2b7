"""A document is what its type, its digest and its name say, and only the concerned see it."""

import dataclasses
import hashlib
import resource
from pathlib import Path

import httpx
import msgspec
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.bucket import endpoint
from tests.contracts.partnership import Partnership, awarded

SUPPLIER = ("enterprise", "delivery")
__all__ = ["endpoint"]
PDF = b"%PDF-1.7\nwhat was delivered\n"


@pytest.fixture(scope="module", params=["folder", "bucket"])
def chosen(request: pytest.FixtureRequest, chosen: Settings) -> Settings:
    """Settings under which documents lie in a folder, and such under which in a bucket."""
    if request.param == "folder":
        return chosen
    endpoint: str = request.getfixturevalue("endpoint")
    return msgspec.structs.replace(
        chosen, documents_store="s3://documents/of-tests", documents_endpoint=endpoint
    )


@pytest.fixture(scope="module")
def made(chosen: Settings) -> dict[str, Partnership]:
    """What was made in one data folder, whose keys have signed the tokens."""
    del chosen
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
    if not made:
        superuser = server.dsn(database_name, role="postgres")
        made["one"] = await (await awarded(client, database, superuser)).active()
    return dataclasses.replace(made["one"], client=client)


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _faults(answer: httpx.Response) -> set[str]:
    assert _code(answer) == (422, "document_unsound")
    return {fault["code"] for fault in answer.json()["errors"]}


async def test_a_document_comes_back_as_an_attachment_under_its_name(active: Partnership) -> None:
    filed = await active.file(PDF, by=SUPPLIER, name="验收 报告.pdf")
    path = filed.headers["location"]

    seen = (await active.get(path, by=("city", "officer"))).json()
    content = await active.get(f"{path}/content", by=("city", "officer"))

    assert seen["name"] == "验收 报告.pdf"
    assert (seen["bytes"], seen["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert content.content == PDF
    assert content.headers["content-type"] == "application/pdf"
    assert content.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%E9%AA%8C%E6%94%B6%20%E6%8A%A5%E5%91%8A.pdf"
    )
    assert content.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize(
    ("by", "status"),
    [
        (("city", "treasurer"), 200),
        (("second_enterprise", "delivery"), 200),
        (("verifier", "verifier"), 200),
        (("auditor", "auditor"), 200),
        (("oversight", "reviewer"), 404),
        (("bank", "lender"), 404),
        (("think_tank", "delivery"), 404),
    ],
)
async def test_only_the_concerned_see_a_document(
    active: Partnership, by: tuple[str, str], status: int
) -> None:
    path = (await active.file(PDF, by=SUPPLIER)).headers["location"]

    seen = await active.get(path, by=by)
    content = await active.get(f"{path}/content", by=by)
    listed = await active.get(f"/v1/contracts/{active.contract_id}/documents", by=by)

    assert (seen.status_code, content.status_code) == (status, status)
    # An active contract is public, so that a stranger may know of it, and not see its documents.
    assert listed.status_code == (200 if status == 200 else 403)


async def test_row_level_security_hides_documents_from_statements_without_a_caller(
    active: Partnership, database: Database
) -> None:
    await active.file(PDF, by=SUPPLIER)

    connection = await database.connect()
    count = await connection.fetchval("SELECT count(*) FROM document")
    await connection.close()

    assert count == 0


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-4", 206, (0, 5)),
        ("bytes=5-", 206, (5, len(PDF))),
        ("bytes=-3", 206, (len(PDF) - 3, len(PDF))),
        ("bytes=5-1000000", 206, (5, len(PDF))),
        ("bytes=0-0,2-3", 200, (0, len(PDF))),
        ("bytes=4-2", 200, (0, len(PDF))),
        (f"bytes={len(PDF)}-", 416, None),
    ],
)
async def test_a_range_of_a_document_can_be_asked_for(
    active: Partnership, asked: str, status: int, span: tuple[int, int] | None
) -> None:
    path = f"{(await active.file(PDF, by=SUPPLIER)).headers['location']}/content"
    headers = {**(await active.as_("city", "officer")), "Range": asked}

    part = await active.client.get(path, headers=headers)

    assert part.status_code == status
    if span is None:
        assert part.headers["content-range"] == f"bytes */{len(PDF)}"
    else:
        assert part.content == PDF[slice(*span)]
    changed = await active.client.get(path, headers={**headers, "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, PDF)


async def test_no_room_is_said_and_loses_nothing(active: Partnership, chosen: Settings) -> None:
    """A file may have 64 KiB, as on a disk that is full."""
    folder = Path(chosen.data_folder or ".") / "documents"
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = (await active.file(PDF, by=SUPPLIER)).headers["location"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, usual[1]))
    try:
        full = await active.file(PDF + bytes(1 << 20), by=SUPPLIER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert _code(full) == (503, "unavailable")
    assert full.headers["retry-after"]
    assert "no room" in full.json()["detail"]
    assert not list((folder / ".arriving").iterdir())
    assert (await active.get(f"{kept}/content", by=SUPPLIER)).content == PDF
    assert (await active.file(PDF + bytes(1 << 20), by=SUPPLIER)).status_code == 201


async def test_who_is_no_party_files_nothing(active: Partnership) -> None:
    public = await active.file(PDF, by=("bank", "lender"))

    assert _code(public) == (403, "not_party")


async def test_bytes_that_are_not_what_the_digest_says_are_refused(active: Partnership) -> None:
    other = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"

    answer = await active.file(PDF, by=SUPPLIER, Content_Digest=other)

    assert _faults(answer) == {"digest_differs"}


async def test_all_that_is_wrong_with_the_headers_is_said_at_once(active: Partnership) -> None:
    answer = await active.file(
        b"plain text", by=SUPPLIER, Content_Digest="sha-512=:AA==:", Content_Disposition="inline"
    )

    assert _faults(answer) == {"digest_missing", "name_missing", "content_differs"}


async def test_a_type_that_is_not_taken_is_unsupported(active: Partnership) -> None:
    answer = await active.file(b"<html></html>", by=SUPPLIER, Content_Type="text/html")

    assert _code(answer) == (415, "unsupported_media_type")


async def test_a_document_may_be_larger_than_other_bodies(active: Partnership) -> None:
    large = PDF + bytes(Settings().body_bytes_max)

    answer = await active.file(large, by=SUPPLIER)

    assert answer.status_code == 201


async def test_a_document_beyond_its_limit_is_too_large(active: Partnership) -> None:
    answer = await active.file(PDF + bytes(Settings().document_bytes_max), by=SUPPLIER)

    assert _code(answer) == (413, "too_large")
