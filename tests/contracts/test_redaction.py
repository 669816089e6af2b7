"""What a redaction withholds is read no more, and stays proved."""

import asyncio
import dataclasses
import hashlib
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.identifiers import authority_of
from tests.contracts.partnership import Partnership, awarded

SUPPLIER = ("enterprise", "delivery")
MEMBER = ("second_enterprise", "delivery")
OFFICER = ("city", "officer")
AUDITOR = ("auditor", "auditor")
PDF = b"%PDF-1.7\nand the telephone numbers of residents\n"
BLACKENED = b"%PDF-1.7\nand the telephone numbers are black\n"
REASON = {"zh": "含居民电话", "en": "It names residents' telephones"}


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
    if not made:
        superuser = server.dsn(database_name, role="postgres")
        made["one"] = await (await awarded(client, database, superuser)).active()
    return dataclasses.replace(made["one"], client=client)


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def _filed(
    active: Partnership, content: bytes = PDF, *, by: tuple[str, str] = SUPPLIER
) -> str:
    found: str = (await active.file(content, by=by)).json()["id"]
    return found


async def _redact(
    active: Partnership,
    document: str,
    replacement: str | None = None,
    *,
    by: tuple[str, str] = SUPPLIER,
    version: str = '"v1"',
) -> httpx.Response:
    said = {"ground": "personal_data", "reason": REASON, "replacement_id": replacement}
    path = f"/v1/documents/{document}/redaction"
    return await active.post(path, said, by=by, If_Match=version)


async def test_its_content_is_gone_for_the_parties_and_its_digest_stays(
    active: Partnership,
) -> None:
    document, instead = await _filed(active), await _filed(active, BLACKENED)
    path = f"/v1/documents/{document}"

    done = await _redact(active, document, instead)

    assert (done.status_code, done.json()["version"]) == (201, 2)
    for party in (SUPPLIER, OFFICER, MEMBER, ("verifier", "verifier")):
        content = await active.get(f"{path}/content", by=party)
        assert _code(content) == (410, "document_redacted")
        assert instead in content.json()["detail"]
        seen = await active.get(path, by=party)
        assert seen.headers["etag"] == '"v2"'
        assert seen.json()["sha256"] == hashlib.sha256(PDF).hexdigest()
        assert seen.json()["redaction"].items() >= {
            "ground": "personal_data", "reason": REASON, "replacement_id": instead
        }.items()  # fmt: skip
    black = await active.get(f"/v1/documents/{instead}/content", by=OFFICER)
    assert black.content == BLACKENED


async def test_an_auditor_still_shows_that_the_original_is_what_was_filed(
    active: Partnership,
) -> None:
    document = await _filed(active)
    await _redact(active, document)

    content = await active.get(f"/v1/documents/{document}/content", by=AUDITOR)
    listed = await active.get(f"/v1/contracts/{active.contract_id}/documents", by=AUDITOR)

    assert content.content == PDF
    (row,) = [one for one in listed.json()["data"] if one["id"] == document]
    assert (row["version"], row["redaction"]["replacement_id"]) == (2, None)


async def test_an_address_that_was_made_before_brings_nothing_more(active: Partnership) -> None:
    document = await _filed(active)
    said = await active.made(f"/v1/documents/{document}/addresses", {}, by=OFFICER)
    url = urlsplit(said["url"])
    address = f"{url.path}?{url.query}"
    before = await active.client.get(address)
    await _redact(active, document)

    after = await active.client.get(address)
    again = await active.post(f"/v1/documents/{document}/addresses", {}, by=OFFICER)

    assert before.content == PDF
    assert _code(after) == _code(again) == (410, "document_redacted")


async def test_the_same_bytes_filed_by_another_are_still_read(active: Partnership) -> None:
    document, other = await _filed(active), await _filed(active, by=OFFICER)
    await _redact(active, document)

    content = await active.get(f"/v1/documents/{other}/content", by=SUPPLIER)

    assert content.content == PDF


async def test_only_who_filed_redacts_and_only_once(active: Partnership) -> None:
    document = await _filed(active)

    by_another = [await _redact(active, document, by=party) for party in (OFFICER, MEMBER)]
    stale = await _redact(active, document, version='"v7"')
    await _redact(active, document)
    twice = await _redact(active, document, version='"v2"')
    unknown = await _redact(active, "document_01a220ac6d487364800000007b81800e")

    assert {_code(one) for one in by_another} == {(403, "not_filer")}
    assert _code(stale) == (412, "revision_stale")
    assert _code(twice) == (409, "redacted_before")
    assert _code(unknown) == (404, "document_missing")


async def test_what_replaces_it_is_another_readable_document_of_who_filed_it(
    active: Partnership,
) -> None:
    document, redacted = await _filed(active), await _filed(active)
    await _redact(active, redacted)
    unfit = [
        document,
        redacted,
        await _filed(active, by=OFFICER),
        "document_01a220ac6d487364800000007b81800e",
    ]

    answers = [await _redact(active, document, one) for one in unfit]

    assert {_code(one) for one in answers} == {(422, "replacement_unfit")}
    assert {one.json()["errors"][0]["pointer"] for one in answers} == {"/replacement_id"}
    assert len({one.json()["detail"] for one in answers}) == len(unfit)


async def test_two_who_redact_at_once_redact_once(active: Partnership) -> None:
    document = await _filed(active)
    await active.as_(*SUPPLIER)

    answers = await asyncio.gather(*(_redact(active, document, version="*") for _ in range(4)))

    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("by", "instead", "rule"),
    [
        ("city", None, "who_filed_redacts"),
        ("second_enterprise", None, "who_filed_redacts"),
        ("enterprise", "itself", "nothing_replaces_itself"),
    ],
)
async def test_the_database_keeps_who_redacts_and_what_replaces(
    active: Partnership, database: Database, by: str, instead: str | None, rule: str
) -> None:
    document = await _filed(active)
    connection = await database.connect()
    await connection.execute(f"SET app.organisation = '{active.id_of(by)}'")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await connection.execute(
            "INSERT INTO redaction"
            " VALUES ($1, $2, $3, 'security', '{}'::json, $4, 'person', now())",
            authority_of(document), document, active.contract_id, instead and document,
        )  # fmt: skip

    await connection.close()
    assert (refused.value.constraint_name or "").endswith(rule)


async def test_of_two_sessions_the_later_does_not_name_what_the_first_redacts(
    active: Partnership, database: Database
) -> None:
    document, other = await _filed(active), await _filed(active)
    insert = (
        "INSERT INTO redaction VALUES ($1, $2, $3, 'security', '{}'::json, $4, 'person', now())"
    )
    first, later = await database.connect(), await database.connect()
    for connection in (first, later):
        await connection.execute(f"SET app.organisation = '{active.id_of('enterprise')}'")
    place = authority_of(document)
    began = first.transaction()
    await began.start()
    await first.execute(insert, place, other, active.contract_id, None)

    naming = asyncio.create_task(later.execute(insert, place, document, active.contract_id, other))
    told_early, _ = await asyncio.wait({naming}, timeout=0.3)
    await began.commit()

    assert not told_early
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await naming
    assert refused.value.constraint_name == "what_replaces_is_read"
    for connection in (first, later):
        await connection.close()
