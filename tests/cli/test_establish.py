"""The command that establishes the platform, once: beside a running service, and without one."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.login.visitor import PASSWORD, Page
from tests.serving.service import Service, run

ASKED = (
    "establish", "--jurisdiction", "CN", "--operator", "安宁",
    "--name-zh", "城市数字运营平台", "--name-en", "City platform",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that every user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="ecosystem-establish-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    """A service that is no sandbox."""
    started = Service(folder / "data", arguments=()).start().ready()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def told(service: Service) -> dict[str, str]:
    """What the command told, the first time."""
    back = ("--redirect-uri", "https://console.example/back")
    ended = _run(service, *ASKED, *back, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    said: dict[str, str] = json.loads(ended.stdout)
    return said


def _run(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder, port = str(service.folder), str(service.port)
    return run(*arguments, ECOSYSTEM_DATA_FOLDER=folder, ECOSYSTEM_PORT=port)


def test_it_tells_the_link_of_the_first_operator(service: Service, told: dict[str, str]) -> None:
    organisation = httpx.get(f"{service.address}/v1/organisations/{told['organisation_id']}")
    page = httpx.get(told["invitation"], headers={"Accept-Language": "zh"})

    assert (organisation.json()["kind"], organisation.json()["state"]) == ("platform", "verified")
    assert organisation.json()["name"] == {"zh": "城市数字运营平台", "en": "City platform"}
    assert told["invitation"].startswith(f"{service.address}/invitation?code=")
    assert page.status_code == 200
    assert "城市数字运营平台邀请您（安宁）加入" in page.text
    assert "平台运营员" in page.text


def test_the_key_of_its_client_is_readable_by_its_owner_alone(told: dict[str, str]) -> None:
    file = Path(told["client_file"])
    content = json.loads(file.read_bytes())

    assert file.stat().st_mode & 0o777 == 0o600
    assert content["client_id"] == told["client_id"]
    assert content["private_key"]["d"]


def test_it_is_done_once_and_a_lost_link_is_made_again_until_somebody_comes(
    service: Service, told: dict[str, str]
) -> None:
    before = Path(told["client_file"]).read_bytes()
    back = ("--redirect-uri", "https://console.example/back")

    another = json.loads(_run(service, *ASKED, *back, "--json").stdout)
    _join(another["invitation"])
    again = _run(service, *ASKED, *back)

    assert another.keys() == {"invitation"}
    assert another["invitation"] != told["invitation"]
    assert (again.returncode, again.stdout) == (1, "")
    assert "An organisation of kind platform exists." in again.stderr
    assert Path(told["client_file"]).read_bytes() == before


def _join(link: str) -> None:
    """Have somebody new come by a link."""
    with httpx.Client() as browser:
        page = Page(browser.get(link).text)
        (hidden,) = (hidden for to, hidden in page.forms if to == "/invitation")
        chosen = {"username": "an.ning", "password": PASSWORD, "again": PASSWORD}
        joined = browser.post(link.partition("?")[0], data=hidden | chosen)
    assert (joined.status_code, joined.headers["location"]) == (303, "/account")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--jurisdiction", "ZZ", "--operator", "A", "--name-en", "B"), "no jurisdiction ZZ"),
        (("--jurisdiction", "CN", "--operator", "A"), "has no name"),
        (("--jurisdiction", "CN", "--operator", "", "--name-en", "B"), "name cannot be used"),
        (
            (
                "--jurisdiction",
                "CN",
                "--operator",
                "A",
                "--name-en",
                "B",
                "--redirect-uri",
                "/back",
            ),
            "Name an https address",
        ),
        (
            (
                "--jurisdiction",
                "CN",
                "--operator",
                "A",
                "--name-en",
                "B",
                "--redirect-uri",
                "http://elsewhere.example/",
            ),
            "Name an https address",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_established(
    folder: Path, changed: tuple[str, ...], said: str
) -> None:
    ended = run("establish", *changed, ECOSYSTEM_DATA_FOLDER=str(folder / "other"))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert said in ended.stderr
    assert re.fullmatch(r"(?s).*ecosystem: [^\n]+\n", ended.stderr)
    assert "Traceback" not in ended.stderr
    assert not (folder / "other" / "clients").exists()


def test_a_sandbox_is_not_established() -> None:
    ended = run(*ASKED, ECOSYSTEM_SANDBOX="true")

    assert ended.returncode == 1
    assert "A sandbox establishes its own platform" in ended.stderr
