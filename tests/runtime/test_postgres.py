"""The embedded PostgreSQL lives and dies as its operator expects."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

import ecosystem
from ecosystem.runtime.postgres import (
    EmbeddedServer,
    default_folder,
    ensure_database,
    find_binaries,
)
from ecosystem.runtime.postgres_roles import RolePrivileged

IS_ROOT = os.geteuid() == 0
WHEEL = find_binaries()
INSTALLED = sorted(
    folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if int(folder.parent.name) >= 15
)
SOURCES = os.pathsep.join(
    (str(Path(ecosystem.__file__).parents[1]), str(Path(asyncpg.__file__).parents[1]))
)
OWNER = """
import sys, time
from pathlib import Path
from ecosystem.runtime.postgres import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1])).start()
print(server.pid, server.admin_dsn(), flush=True)
time.sleep(600)
"""
VISIT = """
import asyncio, os, sys
from pathlib import Path
import asyncpg
from ecosystem.runtime.postgres import EmbeddedServer
async def who(dsn):
    connection = await asyncpg.connect(dsn)
    print(await connection.fetchval("SELECT 'ecosystem'"), os.geteuid())
    await connection.close()
with EmbeddedServer(Path(sys.argv[1])) as server:
    asyncio.run(who(server.admin_dsn()))
    if os.fork() == 0:
        server.stop()
        os._exit(0)
    os.wait()
    print(server.poll())
"""


@pytest.fixture(scope="module")
def made(room: Path) -> Path:
    """A database that was made once and holds one row."""
    folder = room / "made"
    with EmbeddedServer(folder) as server:
        ask(server.admin_dsn(), "CREATE TABLE kept AS SELECT 'before' AS word")
    return folder


@pytest.fixture
def folder(place: Path, made: Path) -> Path:
    """A copy of that database, stopped."""
    copy = place / "database"
    subprocess.run(["/bin/cp", "-a", made, copy], check=True)
    return copy


@pytest.fixture(scope="module")
def serving(made: Path) -> Iterator[EmbeddedServer]:
    """A server that nobody stops, on another copy."""
    copy = made.with_name("serving")
    subprocess.run(["/bin/cp", "-a", made, copy], check=True)
    with EmbeddedServer(copy) as server:
        yield server


def ask(dsn: str, *statements: str) -> object:
    """Run the statements on one connection; return the last one's first value."""

    async def fetch() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            values = [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()
        return values[-1]

    return asyncio.run(fetch())


def run(
    code: str, *arguments: object, python: str = sys.executable, user: str | None = None
) -> subprocess.Popen[str]:
    """Start `code` as a program of its own."""
    return subprocess.Popen(
        [python, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES},
        cwd="/",
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def is_running(pid: int) -> bool:
    """Tell whether the process runs, rather than waits to be buried."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def until(fact: Callable[[], bool], *, within_s: float = 20) -> bool:
    """Wait for `fact`; return whether it came."""
    give_up = time.monotonic() + within_s
    while not fact() and time.monotonic() < give_up:
        time.sleep(0.01)
    return fact()


@pytest.mark.parametrize("binaries", [WHEEL, *INSTALLED], ids=str)
def test_a_cold_start_makes_a_database_that_knows_chinese_and_has_no_network(
    place: Path, binaries: Path
) -> None:
    with EmbeddedServer(place / "new" / "folder", binaries=binaries) as server:
        dsn = server.admin_dsn()
        ask(dsn, "CREATE EXTENSION pg_trgm", "CREATE TABLE kept AS SELECT 'before' AS word")
        assert ask(dsn, "SELECT cardinality(show_trgm('污水处理'))") == 5
        assert ask(dsn, "SELECT lower('ÄÖ') || upper('é')") == "äöÉ"
        version = server.version
        assert str(ask(dsn, "SHOW server_version")).split(" ")[0] == version
        assert ask(dsn, "SHOW server_encoding") == "UTF8"
        assert ask(dsn, "SHOW data_checksums") == "on"
        assert ask(dsn, "SHOW timezone") == "UTC"
        assert ask(dsn, "SHOW listen_addresses") == ""
        assert not inodes_of(server.pid) & listening()

    with EmbeddedServer(place / "new" / "folder") as again:
        assert again.version == version
        assert ask(again.admin_dsn(), "SELECT word FROM kept") == "before"


def inodes_of(pid: int) -> set[str]:
    """Return the sockets that the process has open."""
    links = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    found = {link[8:-1] for link in links if link.startswith("socket:")}
    assert found
    return found


def listening() -> set[str]:
    """Return all TCP sockets."""
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    lines = [line for table in tables if table.exists() for line in table.read_text().splitlines()]
    return {line.split()[9] for line in lines[1:]}


def test_a_killed_server_is_restarted_at_the_same_address_with_what_was_committed(
    folder: Path,
) -> None:
    with EmbeddedServer(folder) as server:
        dsn = server.admin_dsn()
        ask(dsn, "INSERT INTO kept VALUES ('after')")
        assert server.poll() is None
        assert not server.restart_if_dead()

        os.kill(server.pid, signal.SIGKILL)
        assert until(lambda: server.poll() == -signal.SIGKILL)
        assert server.restart_if_dead()

        assert ask(dsn, "SELECT count(*) FROM kept") == 2
        assert server.poll() is None


def test_a_busy_session_that_outlived_its_server_does_not_keep_the_next_one_out(
    folder: Path,
) -> None:
    with EmbeddedServer(folder) as server:
        busy = "SET statement_timeout = 0; SELECT count(*) FROM generate_series(1, 10000000000)"
        session = run(
            "import asyncio, asyncpg, sys\n"
            "async def main():\n"
            "    await (await asyncpg.connect(sys.argv[1])).execute(sys.argv[2])\n"
            "asyncio.run(main())",
            server.admin_dsn(),
            busy,
        )
        seen = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%series(1, 1000%'"
        assert until(lambda: ask(server.admin_dsn(), seen) == 2)

        os.kill(server.pid, signal.SIGKILL)
        assert until(lambda: server.poll() is not None)
        assert server.restart_if_dead()

        assert ask(server.admin_dsn(), "SELECT word FROM kept") == "before"
        session.kill()
        session.communicate()


def test_the_server_ends_with_an_owner_that_was_killed_and_starts_again_with_its_data(
    folder: Path,
) -> None:
    with run(OWNER, folder) as owner:
        assert owner.stdout is not None
        pid, dsn = owner.stdout.readline().split()
        ask(dsn, "INSERT INTO kept VALUES ('after')")
        owner.kill()

    assert until(lambda: not is_running(int(pid)))
    with EmbeddedServer(folder) as server:
        assert ask(server.admin_dsn(), "SELECT count(*) FROM kept") == 2


def test_a_start_right_after_the_owner_was_killed_waits_for_the_old_server(folder: Path) -> None:
    with run(OWNER, folder) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        owner.kill()
        owner.wait()

        with EmbeddedServer(folder) as server:
            assert ask(server.admin_dsn(), "SELECT word FROM kept") == "before"


def test_a_server_that_was_left_running_is_stopped_first(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        dsn = server.admin_dsn()
    left = subprocess.Popen(
        [
            *(WHEEL / "postgres", "-D", folder / "data"),
            *("-c", f"config_file={folder}/settings/postgresql.conf"),
        ],
        user=(folder / "data").owner(),
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    assert until((folder / "run" / ".s.PGSQL.5432").exists)
    told: list[str] = []

    with EmbeddedServer(folder, progress=told.append) as server:
        assert left.wait(20) == 0
        assert ask(dsn, "SELECT word FROM kept") == "before"
        assert str(left.pid) in told[0]
        assert server.pid != left.pid


def test_a_note_of_a_server_long_gone_does_not_harm_the_program_that_has_its_number(
    folder: Path,
) -> None:
    bystander = subprocess.Popen(["/bin/sleep", "60"], user=(folder / "data").owner())
    note = folder / "data" / "postmaster.pid"
    note.write_text(f"{bystander.pid}\n{folder}/data\n1\n5432\n\n\n\nready\n")

    with EmbeddedServer(folder) as server:
        assert ask(server.admin_dsn(), "SELECT word FROM kept") == "before"

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_the_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    server = EmbeddedServer(folder)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()

    time.sleep(0.3)
    assert server.poll() is None
    assert ask(server.admin_dsn(), "SELECT word FROM kept") == "before"
    server.stop()


def test_stopping_twice_and_starting_again_are_no_trouble(folder: Path) -> None:
    server = EmbeddedServer(folder).start()
    first = server.pid
    assert server.start().pid == first
    server.stop()
    server.stop()
    assert not is_running(first)

    with server:
        assert server.pid != first
    assert (folder / "log.1").exists()


def test_only_the_roles_of_the_service_are_admitted(serving: EmbeddedServer) -> None:
    ask(serving.admin_dsn(), "CREATE ROLE stranger LOGIN SUPERUSER")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        ask(serving.dsn("postgres", role="stranger"), "SELECT 1")
    assert serving.socket_folder.stat().st_mode & 0o777 == 0o700


def test_what_people_wrote_does_not_reach_the_log(serving: EmbeddedServer) -> None:
    ask(serving.admin_dsn(), "CREATE TABLE person (email text PRIMARY KEY)")
    add = "INSERT INTO person VALUES ('li@example.org')"
    ask(serving.admin_dsn(), add)
    with pytest.raises(asyncpg.UniqueViolationError):
        ask(serving.admin_dsn(), add)

    log = (serving.socket_folder.parent / "log").read_text()
    assert "duplicate key" in log
    assert "li@example.org" not in log


@pytest.mark.skipif(not IS_ROOT, reason="only root changes user")
def test_as_root_the_server_is_nobody_and_the_folder_stays_with_root(place: Path) -> None:
    with EmbeddedServer(place / "database") as server:
        assert Path(f"/proc/{server.pid}").owner() == "nobody"
        groups = next(
            line
            for line in Path(f"/proc/{server.pid}/status").read_text().splitlines()
            if line.startswith("Groups:")
        )
        assert groups.split() == ["Groups:"]
    assert (place / "database").owner() == "root"
    assert (place / "database" / "log").owner() == "root"
    assert (place / "database" / "data").owner() == "nobody"


def test_an_ordinary_user_has_a_server_too_and_a_forked_child_does_not_stop_it(
    place: Path,
) -> None:
    user = "nobody" if IS_ROOT else None
    pythons = [python for python in (sys.executable, "/usr/bin/python3") if can_run(python, user)]
    if not pythons:
        pytest.skip("there is no Python that an ordinary user may run")
    if user:
        os.chown(place, pwd.getpwnam(user).pw_uid, 0)

    with run(VISIT, place / "database", python=pythons[0], user=user) as visit:
        said, _ = visit.communicate(timeout=60)

    assert said.split() == ["ecosystem", str(place.stat().st_uid), "None"]
    assert (place / "database").stat().st_mode & 0o777 == 0o700


def can_run(python: str, user: str | None) -> bool:
    try:
        with run("import asyncpg, ecosystem", python=python, user=user) as tried:
            return tried.wait(30) == 0
    except OSError:
        return False


def test_the_default_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    if IS_ROOT:
        assert default_folder() == Path("/var/lib/ecosystem")
        return
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/ecosystem")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert default_folder() == Path.home() / ".local/share/ecosystem"


def test_several_at_once_make_one_database_whose_api_role_owns_nothing(
    serving: EmbeddedServer,
) -> None:
    async def at_once() -> None:
        await asyncio.gather(*(ensure_database(serving.admin_dsn(), 'a "b"') for _ in range(3)))

    asyncio.run(at_once())

    api = serving.dsn('a "b"', role="ecosystem_api")
    ask(serving.dsn('a "b"', role="ecosystem_owner"), "CREATE TABLE need (id text)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(api, "CREATE TABLE mine (id text)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(api, "SELECT * FROM need")


def test_an_api_role_that_goes_round_row_level_security_is_refused(
    serving: EmbeddedServer,
) -> None:
    asyncio.run(ensure_database(serving.admin_dsn(), "one"))
    ask(serving.admin_dsn(), "ALTER ROLE ecosystem_api BYPASSRLS")

    with pytest.raises(RolePrivileged, match="ecosystem_api"):
        asyncio.run(ensure_database(serving.admin_dsn(), "one"))

    ask(serving.admin_dsn(), "ALTER ROLE ecosystem_api NOBYPASSRLS")
    asyncio.run(ensure_database(serving.admin_dsn(), "one"))
