"""The command that establishes the platform, once: beside a running service, and without one."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving.service import Service, run

ASKED = (
    "establish", "--jurisdiction", "CN", "--operator", "安宁",
    "--name-zh", "城市数字运营平台", "--name-en", "City platform",
)  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that is no sandbox."""
    folder = tmp_path_factory.mktemp("establish")
    for one in (folder, *folder.parents[:2]):
        one.chmod(0o755)
    started = Service(folder / "data", arguments=()).start().ready()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def told(service: Service) -> dict[str, str]:
    """What the command told, the first time."""
    back = ("--redirect-uri", "http://127.0.0.1:9/back")
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


def test_it_is_done_once(service: Service, told: dict[str, str]) -> None:
    before = Path(told["client_file"]).read_bytes()

    again = _run(service, *ASKED, "--redirect-uri", "http://127.0.0.1:9/back")

    assert (again.returncode, again.stdout) == (1, "")
    assert "An organisation of kind platform exists." in again.stderr
    assert Path(told["client_file"]).read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--jurisdiction", "ZZ", "--operator", "A", "--name-en", "B"), "no jurisdiction ZZ"),
        (("--jurisdiction", "CN", "--operator", "A"), "has no name"),
        (("--jurisdiction", "CN", "--operator", "", "--name-en", "B"), "name cannot be used"),
        (
            ("--jurisdiction", "CN", "--operator", "A", "--name-en", "B", "--redirect-uri", "x"),
            "x is no address to return to",
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
            "no address to return to",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_established(
    tmp_path: Path, changed: tuple[str, ...], said: str
) -> None:
    for one in (tmp_path, *tmp_path.parents[:2]):
        one.chmod(0o755)

    ended = run("establish", *changed, ECOSYSTEM_DATA_FOLDER=str(tmp_path / "data"))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert said in ended.stderr
    assert re.fullmatch(r"(?s).*ecosystem: [^\n]+\n", ended.stderr)
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data" / "clients").exists()


def test_a_sandbox_is_not_established() -> None:
    ended = run(*ASKED, ECOSYSTEM_SANDBOX="true")

    assert ended.returncode == 1
    assert "A sandbox establishes its own platform" in ended.stderr
