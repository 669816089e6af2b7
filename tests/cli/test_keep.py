"""Commands that look after an installation work beside a running service, and say what is wrong."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecosystem.cli import place
from ecosystem.cli.ledger import COUNT
from ecosystem.runtime import settings
from tests.serving.service import run

EXPORT = ("ledger", "export", "--format", "beancount")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that every user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="ecosystem-keep-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_the_ledger_is_checked_beside_a_running_service_and_without_one(folder: Path) -> None:
    chosen = settings.load(data_folder=str(folder))
    with place.database(chosen):
        beside = run("ledger", "check", "--json", ECOSYSTEM_DATA_FOLDER=str(folder))
        migrated = run("migrate", ECOSYSTEM_DATA_FOLDER=str(folder))
    alone = run("ledger", "check", ECOSYSTEM_DATA_FOLDER=str(folder))

    assert (beside.returncode, beside.stderr) == (0, "")
    assert json.loads(beside.stdout) == {"violations": []}
    assert migrated.returncode == 1
    assert "is in use already" in migrated.stderr
    assert alone.returncode == 0
    assert alone.stdout.endswith(f"{COUNT} invariants, 0 violations.\n")


def test_what_a_service_allows_a_statement_ends_no_look_at_the_whole_ledger(folder: Path) -> None:
    hurry = {"ECOSYSTEM_DATA_FOLDER": str(folder), "ECOSYSTEM_STATEMENT_MS_MAX": "1"}
    journal = folder / "ledger.journal"
    with place.database(settings.load(data_folder=str(folder))):
        checked = run("ledger", "check", **hurry)
        written = run(*EXPORT, "--output", str(journal), **hurry)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert (written.returncode, written.stderr) == (0, "")
    assert journal.read_text(encoding="utf-8").startswith("option")
    assert not journal.with_name("ledger.journal.part").exists()


@pytest.mark.parametrize("command", ["ledger check", "payments calculate", "documents expire"])
def test_where_there_is_no_database_nothing_is_found_sound_and_none_is_made(
    folder: Path, command: str
) -> None:
    there = folder / "mistyped"
    ended = run(*command.split(), ECOSYSTEM_DATA_FOLDER=str(there))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"There is no database in {there}" in ended.stderr
    assert not there.exists()


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_cannot_be_is_named(command: str, port: str) -> None:
    ended = run(command, "--port", port)

    assert ended.returncode in {1, 2}
    assert "Traceback" not in ended.stderr
    assert "port" in ended.stderr.splitlines()[-1]


def test_the_next_key_is_made_once_and_told(folder: Path) -> None:
    place.make_keys(folder / "keys")
    there = ("--data-folder", str(folder / "keys"))
    made = run("keys", "rotate", "tokens", *there)
    again = run("keys", "rotate", "tokens", *there)
    at_once = run("keys", "rotate", "tokens", "--at-once", "--json", *there)

    assert (made.returncode, made.stderr) == (0, "")
    assert "is published, and signs from" in made.stdout
    assert again.returncode == 1
    assert "waits to sign already" in again.stderr
    assert "--at-once" in again.stderr
    told = json.loads(at_once.stdout)
    files = {file.name for file in (folder / "keys" / "keys").glob("tokens*.pem")}
    assert len(files) == 1
    assert told["ring"] == "tokens"
    assert told["key"] != told["before"]


def test_a_key_of_receipts_is_never_removed(folder: Path) -> None:
    place.make_keys(folder / "keys")
    there = ("--data-folder", str(folder / "keys"))

    made = run("keys", "rotate", "receipts", *there)
    refused = run("keys", "rotate", "receipts", "--at-once", *there)

    assert "stays published for ever" in made.stdout
    assert refused.returncode == 1
    assert "could not be checked any more" in refused.stderr


def test_keys_are_not_made_where_no_service_has_run(folder: Path) -> None:
    refused = run("keys", "rotate", "tokens", "--at-once", "--data-folder", str(folder / "typo"))

    assert refused.returncode == 1
    assert "holds no keys" in refused.stderr
    assert not (folder / "typo").exists()
