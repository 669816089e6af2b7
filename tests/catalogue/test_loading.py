"""Jurisdictions are loaded from files, and looked up over HTTP."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ecosystem.catalogue import actions, queries
from ecosystem.catalogue.tree import TreeFlawed
from ecosystem.cli import place
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from tests.serving.service import run

FRANCE = b"""\
- code: FR
  name: {en: France}
  within:
    - {code: FR75, name: {en: Paris}}
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that every user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="ecosystem-catalogue-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def test_a_file_adds_places_and_brings_names_up_to_date(database: Database) -> None:
    async with database.transaction() as tx:
        first = await actions.load_jurisdictions(tx, FRANCE)
        again = await actions.load_jurisdictions(tx, FRANCE.replace(b"Paris", b"City of Paris"))

        assert (first.places, first.added) == (2, 2)
        assert (again.places, again.added) == (2, 0)
        assert await queries.jurisdiction_path(tx, "FR75") == "/FR/FR75/"


async def test_a_file_that_moves_a_place_changes_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        await actions.load_shipped(tx)
        before = await queries.parents(tx)
        moving = b"- {code: XX, name: {en: X}, within: [{code: '440300', name: {en: Mine}}]}"

        with pytest.raises(TreeFlawed, match="known below 440000"):
            await actions.load_jurisdictions(tx, moving)
        assert await queries.parents(tx) == before


async def test_all_places_of_a_province_are_found_page_by_page(client: httpx.AsyncClient) -> None:
    found: list[str] = []
    address: str | None = "/v1/jurisdictions?within=440000&limit=7"
    while address:
        page = await client.get(address)
        found += [one["code"] for one in page.json()["data"]]
        link = page.links.get("next")
        address = link["url"] if link else None

    assert len(found) == len(set(found)) == 1 + 21 + 5
    assert all(code.startswith("44") for code in found)


async def test_a_code_that_only_begins_alike_is_no_place(client: httpx.AsyncClient) -> None:
    page = await client.get("/v1/jurisdictions?within=44")

    assert (page.status_code, page.json()["code"]) == (422, "jurisdiction_unknown")


def test_a_command_loads_a_file_on_a_fresh_installation_beside_a_service(folder: Path) -> None:
    good, bad = folder / "france.yaml", folder / "bad.yaml"
    good.write_bytes(FRANCE)
    bad.write_bytes(b"- {code: '440300', name: {en: Mine}}\n- {code: x}\n")
    data = {"ECOSYSTEM_DATA_FOLDER": str(folder / "data")}
    (folder / "data").mkdir(mode=0o711)

    with place.database(settings.load(data_folder=str(folder / "data"))):
        loaded = run("catalogue", "load", str(good), "--json", **data)
        refused = run("catalogue", "load", str(bad), **data)
        shipped = run("catalogue", "load", str(SHIPPED), **data)
        missing = run("catalogue", "load", str(folder / "none.yaml"), **data)
        profile = run("catalogue", "load", str(PROFILE), "--json", **data)

    assert (loaded.returncode, json.loads(loaded.stdout)) == (0, {"places": 2, "added": 2})
    assert refused.returncode == 1
    assert f"{bad}:2: A place has code and name" in refused.stdout
    assert shipped.stdout == "373 places loaded, 0 of them new.\n"
    assert (profile.returncode, json.loads(profile.stdout)) == (0, {"id": "sandbox"})
    assert missing.returncode == 1
    assert "cannot be read" in missing.stderr


SHIPPED = Path(actions.__file__).parent / "files" / "jurisdictions.yaml"
PROFILE = SHIPPED.with_name("profiles") / "sandbox.yaml"
