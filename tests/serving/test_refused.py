"""What is wrong at the start is said in a sentence, and the exit code is 1."""

import asyncio
import re
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from ecosystem.runtime.postgres import EmbeddedServer, ensure_database
from tests.serving.conftest import Serve
from tests.serving.service import Service, free_port, run

LOST = "postgresql://ecosystem_api@127.0.0.1:1/ecosystem"


@pytest.fixture
def refused(folder: Path) -> Callable[..., str]:
    """Starts the service with settings, and returns the sentence that it ends with."""

    def start(*arguments: str, **settings: str) -> str:
        usual = {"ECOSYSTEM_DATA_FOLDER": str(folder), "ECOSYSTEM_PORT": str(free_port())}
        ended = run("serve", *arguments, **usual | settings)
        said = ended.stderr.splitlines()[-1]
        assert ended.returncode == 1, said
        assert "Traceback" not in ended.stderr
        assert re.fullmatch(r"ecosystem: [A-Z`].*\.", said), said
        return said

    return start


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ECOSYSTEM_PORT": "many"}, "variable ECOSYSTEM_PORT sets port to 'many'"),
        ({"ECOSYSTEM_COLOUR": "red"}, "sets colour, which is no setting"),
        ({"ECOSYSTEM_HOST": "192.0.2.1"}, "on 192.0.2.1 cannot be listened on"),
        ({"ECOSYSTEM_POSTGRES_BINARIES": "/nowhere"}, "/nowhere, set as ECOSYSTEM_POSTGRES"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL names does not let us in: invalid DSN"),
        ({"DATABASE_URL": LOST}, "DATABASE_URL names does not let us in"),
        (
            {"DATABASE_URL": LOST, "DATABASE_OWNER_URL": "nonsense"},
            "DATABASE_OWNER_URL names cannot be brought to the newest schema: invalid DSN",
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_a_wrong_setting_is_named(
    refused: Callable[..., str], settings: dict[str, str], said: str
) -> None:
    assert said in refused(**settings)


def test_a_wrong_settings_file_is_named_with_what_is_wrong(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    file = tmp_path / "ecosystem.toml"

    file.write_text("port = \n", encoding="utf-8")
    assert f"{file} is not TOML" in refused("--settings", str(file))
    file.write_text("processes = 'many'\n", encoding="utf-8")
    assert f"The file {file} sets processes" in refused("--settings", str(file))


@pytest.mark.parametrize("role", ["web", "worker"])
def test_roles_apart_need_a_database_that_both_reach(
    refused: Callable[..., str], role: str
) -> None:
    assert "Set DATABASE_URL, or leave --role out" in refused("--role", role)


def test_a_folder_that_cannot_be_used_is_named(
    refused: Callable[..., str], folder: Path, database_url: str
) -> None:
    folder.write_text("no folder", encoding="utf-8")

    assert str(folder) in refused()
    assert f"The data folder {folder} cannot be used" in refused(DATABASE_URL=database_url)


def test_a_key_that_cannot_be_read_is_named(
    refused: Callable[..., str], folder: Path, database_url: str
) -> None:
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "receipts.pem").write_bytes(b"")

    assert f"A key in {folder / 'keys'} cannot be read" in refused(DATABASE_URL=database_url)


@pytest.fixture
def empty(server: EmbeddedServer) -> str:
    """The name of a database without a schema."""
    name = f"empty_{time.monotonic_ns()}"
    asyncio.run(ensure_database(server.admin_dsn(), name))
    return name


def test_a_database_that_does_not_fit_is_refused_with_what_to_do(
    refused: Callable[..., str], server: EmbeddedServer, database_name: str, empty: str
) -> None:
    absent = server.dsn("nowhere", role="ecosystem_api")
    bare = server.dsn(empty, role="ecosystem_api")
    ruled = server.dsn(database_name, role="postgres")
    owned = server.dsn(database_name, role="ecosystem_owner")

    assert 'database "nowhere" does not exist' in refused(DATABASE_URL=absent)
    assert "schema of nobody" in (said := refused(DATABASE_URL=bare))
    assert "`ecosystem migrate` with DATABASE_OWNER_URL" in said
    for url in (ruled, owned):
        assert "is a superuser, goes round row-level security, or owns" in refused(DATABASE_URL=url)
    said = refused(DATABASE_URL=bare, DATABASE_OWNER_URL=bare)
    assert "permission denied for schema public" in said
    assert "that the role owns it" in said


def test_a_schema_of_another_version_is_refused(
    refused: Callable[..., str], server: EmbeddedServer, database_name: str, owner_url: str
) -> None:
    async def set_step(step: str) -> str:
        connection = await asyncpg.connect(owner_url)
        before: str = await connection.fetchval("SELECT version_num FROM alembic_version")
        await connection.execute("UPDATE alembic_version SET version_num = $1", step)
        await connection.close()
        return before

    step = asyncio.run(set_step("9999"))
    url = server.dsn(database_name, role="ecosystem_api")
    as_reader, as_owner = (
        refused(DATABASE_URL=url),
        refused(DATABASE_URL=url, DATABASE_OWNER_URL=owner_url),
    )
    asyncio.run(set_step(step))

    assert f"has the schema 9999, and this version needs {step}" in as_reader
    assert "a newer version has used it. Start that version" in as_owner


def test_a_port_that_is_taken_is_named(refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        said = refused(ECOSYSTEM_PORT=str(port))

    assert f"Port {port} on 127.0.0.1 is taken by another program" in said


def test_of_two_on_one_folder_the_second_is_refused_and_the_first_goes_on(serve: Serve) -> None:
    first = serve().ready()

    second = serve(folder=first.folder)
    code = second.ended(within_s=30)

    assert code == 1
    last = second.said().splitlines()[-1]
    assert last.startswith("ecosystem: ")
    assert f"is in use already, by process {first.process.pid}." in last
    assert first.health() == 200


def test_of_two_on_one_port_that_start_at_once_one_serves(serve: Serve, folder: Path) -> None:
    shutil.copytree(folder.parent, folder, dirs_exist_ok=True)
    first = serve()
    second = Service(folder, port=first.port)
    second.start()

    both = [first, second]
    until = time.monotonic() + 30
    while all(one.process.poll() is None for one in both) and time.monotonic() < until:
        time.sleep(0.05)
    (lost,) = [one for one in both if one.process.poll() is not None]
    (won,) = [one for one in both if one.process.poll() is None]

    assert lost.process.returncode == 1
    assert f"Port {first.port} on 127.0.0.1 is taken" in lost.said()
    assert won.ready().stop() == 0


def test_a_disk_that_is_full_is_said(
    refused: Callable[..., str], disk: Callable[[int], Path]
) -> None:
    small = disk(60) / "data"

    said = refused(ECOSYSTEM_DATA_FOLDER=str(small))

    assert f"The disk of {small} has" in said
    assert "MiB left; the service needs 100" in said
