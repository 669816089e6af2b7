"""Each request is told in one line: as JSON for programs, readable for people, and no secret."""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import pytest

from ecosystem.runtime import log
from ecosystem.runtime.settings import Settings

LINE: Final = log.RequestLine(
    request_id="request_1", method="GET", path="/v1/needs", status=200, milliseconds=1.5,
    client="client_1", person=None, organisation="org_1", problem=None,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _told_as_before() -> Iterator[None]:
    yield
    log.configure(Settings(log_level="debug"))


def test_a_request_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    _configure("json", "info")

    log.request(LINE)

    (line,) = capsys.readouterr().err.splitlines()
    told = msgspec.json.decode(line)
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "request_id": "request_1", "method": "GET", "path": "/v1/needs", "status": 200,
        "milliseconds": 1.5, "client": "client_1", "person": None, "organisation": "org_1",
        "problem": None, "event": "request", "level": "info",
    }  # fmt: skip


def test_a_line_for_people_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    _configure("readable", "info")

    log.request(LINE)

    (line,) = capsys.readouterr().err.splitlines()
    for part in ("info", "request_1", "GET", "/v1/needs", "200", "1.5", "client_1", "org_1"):
        assert part in line


@pytest.mark.parametrize("form", ["json", "readable"])
def test_above_its_level_a_request_is_not_told(
    form: Literal["json", "readable"], capsys: pytest.CaptureFixture[str]
) -> None:
    _configure(form, "warning")

    log.request(LINE)

    assert capsys.readouterr().err == ""


def test_no_field_of_a_request_is_named_like_a_secret() -> None:
    fields = msgspec.structs.asdict(LINE)

    assert log.without_secrets(None, "info", dict(fields)) == fields


def _configure(form: Literal["json", "readable"], level: Literal["info", "warning"]) -> None:
    log.configure(Settings(log_format=form, log_level=level))
