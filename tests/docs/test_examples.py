"""Whatever a reader is told to run runs, against a service as a reader starts it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests import canary
from tests.docs.examples import MARK, Example, examples_of
from tests.tidy import HOUSE

STORIES: Final = {
    "first call": ("README.md",),
    "client": ("docs/vendor/client.md",),
    "calling": ("docs/vendor/calling.md",),
    "webhooks": ("docs/vendor/webhooks.md",),
    "partnership": (
        "docs/agency/publish.md",
        "docs/vendor/offer.md",
        "docs/agency/award.md",
        "docs/vendor/deliver.md",
        "docs/agency/pay.md",
        "docs/vendor/finance.md",
        "docs/agency/change.md",
        "docs/agency/end.md",
        "docs/agency/budget.md",
        "docs/agency/assess.md",
        "docs/auditor/README.md",
    ),
}
"""Pages that continue each other in one terminal; all stories meet the same sandbox."""
_WRITTEN: Final = "http://127.0.0.1:8080"
"""The address in the documents."""
_BASH: Final = shutil.which("bash")
_READY_S_MAX: Final = 60
_STORY_S_MAX: Final = 240
EXAMPLES: Final = {name: tuple(examples_of(HOUSE, pages)) for name, pages in STORIES.items()}

pytestmark = pytest.mark.skipif(
    _BASH is None or shutil.which("curl") is None,
    reason="the examples are for bash and curl, and one of them is absent",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a sandbox of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-docs-"))
    folder.chmod(0o711)
    try:
        with _sandbox(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def printed(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each example has printed, by its name; the last of a story may have failed."""
    found: dict[str, str] = {}
    for examples in EXAMPLES.values():
        found |= _told(examples, tmp_path_factory.mktemp("story"), address)
    return found


def test_every_marked_example_belongs_to_a_story() -> None:
    # What a Chinese guide has is byte for byte the English one's: tests/docs/test_chinese.py.
    marked = {
        str(page.relative_to(HOUSE))
        for page in [*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")]
        if MARK in page.read_text(encoding="utf-8").splitlines()
        and not page.name.endswith(".zh.md")
    }

    assert marked - {"docs/contributor/testing.md"} == {
        one.page for examples in EXAMPLES.values() for one in examples
    }


@pytest.mark.parametrize(
    "example",
    [pytest.param(one, id=one.name) for examples in EXAMPLES.values() for one in examples],
)
def test_the_example_runs_and_prints_what_it_says(
    example: Example, printed: dict[str, str]
) -> None:
    assert example.name in printed, "An example before this one failed."
    said = printed[example.name]
    *lines, last = said.splitlines()

    assert last == "done", said
    for expected in example.prints:
        assert expected in lines, said
        lines = lines[lines.index(expected) + 1 :]


def test_an_act_on_what_is_not_there_prints_the_refusal_of_reading_it(address: str) -> None:
    ended = _tried("change city/officer /v1/needs/need_0/publication", address)

    assert ended.returncode == 22
    assert '"code":"need_missing"' in ended.stdout


def test_a_refusal_is_shown_where_a_field_of_the_answer_is_sought(address: str) -> None:
    ended = _tried("get city/officer /v1/needs/need_0 | field id", address)

    assert ended.returncode == 1
    assert "There is no id in the answer" in ended.stderr
    assert "need_missing" in ended.stderr


def test_nobody_asks_for_a_person_who_is_not_in_the_sandbox(address: str) -> None:
    ended = _tried("get city/nobody /v1/me", address)

    assert ended.returncode == 1
    assert ended.stderr.startswith("There is no person nobody of city; there are: ")
    assert ended.stdout == ""


def test_where_no_service_answers_one_sentence_says_so() -> None:
    ended = _tried("get city/officer /v1/me", f"http://127.0.0.1:{_free_port()}")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Nothing answers at ")
    assert ended.stderr.count("\n") == 1


def test_a_story_of_a_page_that_is_not_there_fails(address: str) -> None:
    ended = _tried("story docs/agency/nothing.md", address)

    assert ended.returncode != 0
    assert "docs/agency/nothing.md" in ended.stderr


def _tried(command: str, address: str) -> "subprocess.CompletedProcess[str]":
    """Run one command with the functions of `docs/try.sh` at hand."""
    return subprocess.run(
        [_BASH or "bash", "-c", f"set -o pipefail; . docs/try.sh; {command}"],
        cwd=HOUSE, env={**os.environ, "E": address}, check=False, timeout=60,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip


def _told(examples: tuple[Example, ...], folder: Path, address: str) -> dict[str, str]:
    """Run the examples in one bash, and return what each has printed, and then `done`."""
    parts = ["set -euo pipefail", f"export E={address}"]
    for number, one in enumerate(examples):
        commands = one.commands.replace(_WRITTEN, address).rstrip()
        parts += [f"exec > '{folder}/{number}.out' 2>&1", commands, "printf '\\ndone\\n'"]
    script = folder / "story.bash"
    script.write_text("\n".join([*parts, ""]), encoding="utf-8")
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(HOUSE / "src"),
        "TMPDIR": str(folder),
    }
    subprocess.run(
        [_BASH or "bash", str(script)], cwd=HOUSE, env=environ, check=False,
        timeout=_STORY_S_MAX, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    told = {one.name: folder / f"{number}.out" for number, one in enumerate(examples)}
    return {name: out.read_text(encoding="utf-8") for name, out in told.items() if out.exists()}


@contextmanager
def _sandbox(folder: Path) -> Iterator[str]:
    port = _free_port()
    log = folder / "service.log"
    command = [sys.executable, "-m", "ecosystem", "serve", "--sandbox", "--port", str(port)]
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DATABASE_OWNER_URL"}
    }
    environ["ECOSYSTEM_DATA_FOLDER"] = str(folder / "data")
    environ["ECOSYSTEM_LOG_LEVEL"] = "debug"
    environ["ECOSYSTEM_WEBHOOK_LOOPBACK"] = "true"
    with log.open("wb") as told:
        service = subprocess.Popen(command, stdout=told, stderr=told, env=environ)
        try:
            _wait_until_ready(service, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            service.terminate()
            service.wait(timeout=60)
            canary.check(log)


def _wait_until_ready(service: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _READY_S_MAX
    while service.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(log.read_text(encoding="utf-8", errors="replace"))


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port
