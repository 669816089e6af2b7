"""Whoever has a signed address reads one document, as it was, until its time is over."""

import dataclasses
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ecosystem.contracts.documents import signed
from ecosystem.runtime.database import Database
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.contracts.partnership import Partnership, awarded

SUPPLIER = ("enterprise", "delivery")
OFFICER = ("city", "officer")
PDF = b"%PDF-1.7\nwhat was delivered\n"
KEY = bytes(32)
DIGEST = "ab" * 32
OTHER = "document_01a220ac6d487364800000007b81800e"


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


async def _filed(active: Partnership, content: bytes = PDF) -> str:
    where: str = (await active.file(content, by=SUPPLIER)).headers["location"]
    return where


async def _address(active: Partnership, where: str) -> str:
    said = await active.made(f"{where}/addresses", {"lasting_s": 60}, by=OFFICER)
    url = urlsplit(said["url"])
    return f"{url.path}?{url.query}"


async def test_an_address_brings_its_document_without_a_token(active: Partnership) -> None:
    address = await _address(active, await _filed(active))

    whole = await active.client.get(address)
    part = await active.client.get(address, headers={"Range": "bytes=0-4"})

    assert (whole.status_code, whole.content) == (200, PDF)
    assert whole.headers["content-disposition"].startswith("attachment;")
    assert whole.headers["cache-control"] == "private, no-store"
    assert (part.status_code, part.content) == (206, PDF[:5])


async def test_an_address_is_good_for_one_document_and_one_time(active: Partnership) -> None:
    where = await _filed(active)
    other = await _filed(active, PDF + b"of others")
    address = await _address(active, where)
    said = parse_qs(urlsplit(address).query)
    later = int(said["expires"][0]) + 1

    answers = [
        await active.client.get(address.replace(where, other)),
        await active.client.get(address.replace(where, f"/v1/documents/{OTHER}")),
        await active.client.get(
            f"{where}/download?expires={later}&signature={said['signature'][0]}"
        ),
        await active.client.get(f"{where}/download?expires={later}&signature={'A' * 43}"),
    ]

    assert {_code(answer) for answer in answers} == {(403, "address_altered")}


async def test_an_address_whose_time_is_over_is_refused(
    active: Partnership, chosen: Settings
) -> None:
    where = await _filed(active)
    digest = (await active.get(where, by=OFFICER)).json()["sha256"]
    key = Keys(Path(chosen.data_folder or ".") / "keys").downloads
    document_id = where.rpartition("/")[2]

    late = signed.path_of(document_id, sha256=digest, expires=1_700_000_000, key=key)

    assert _code(await active.client.get(late)) == (403, "address_expired")


async def test_who_may_not_read_a_document_makes_no_address_of_it(active: Partnership) -> None:
    answer = await active.post(
        f"{await _filed(active)}/addresses", {}, by=("oversight", "reviewer")
    )

    assert _code(answer) == (404, "document_missing")


def test_an_address_is_no_good_for_other_bytes_under_the_same_name() -> None:
    path = signed.path_of(OTHER, sha256=DIGEST, expires=100, key=KEY)
    signature = parse_qs(urlsplit(path).query)["signature"][0]

    signed.check(OTHER, sha256=DIGEST, expires=100, signature=signature, key=KEY, now=99)

    with pytest.raises(signed.AddressAltered):
        signed.check(OTHER, sha256="cd" * 32, expires=100, signature=signature, key=KEY, now=99)
    with pytest.raises(signed.AddressExpired):
        signed.check(OTHER, sha256=DIGEST, expires=100, signature=signature, key=KEY, now=100)
