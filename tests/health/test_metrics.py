"""Metrics are told to Prometheus when switched on, and count by route, never by identifier."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.runtime import telemetry
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from tests.conftest import reach

_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
_COUNTED = "http_server_request_duration_seconds_count"
_WITHOUT_THE_PACKAGES = """
import sys
for name in ("prometheus_client", "opentelemetry"):
    sys.modules[name] = None
from ecosystem.cli.main import main
sys.exit(main(["serve"]))
"""
_COUNTS_IN_TWO_PROCESSES = """
import os, sys
from pathlib import Path
from ecosystem.runtime import telemetry
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.visit import Visit
chosen = Settings(metrics=True, processes=2, data_folder=sys.argv[1])
seen = telemetry.observe(chosen)
scope = {"method": "GET", "path": "/v1/sectors", "path_template": "/v1/sectors", "headers": []}
seen(scope, Visit("request_1", 0.0), 200, 0.01)
print(seen.exposition({}).decode())
"""


async def test_metrics_that_are_off_are_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_requests_are_counted_by_route_method_and_status(chosen: Settings) -> None:
    watched = app.build(msgspec.structs.replace(chosen, metrics=True))
    async with app.living(watched), reach(watched) as client:
        for _ in range(2):
            await client.get("/v1/sectors")
        await client.get(f"/v1/needs/{mint('need', authority=1)}")
        await client.request("BREW", "/v1/nothing")
        answer = await client.get("/metrics")

    told = answer.text
    assert answer.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
    assert f'{_COUNTED}{{method="GET",route="/v1/sectors",status="200"}} 2.0' in told
    assert f'{_COUNTED}{{method="GET",route="/v1/needs/{{need_id}}",status="404"}} 1.0' in told
    assert 'method="_OTHER",route=""' in told
    assert 'ecosystem_problems_total{code="need_missing"} 1.0' in told
    assert re.search(r"^ecosystem_pool_in_use \d", told, re.MULTILINE)
    assert re.search(r"^ecosystem_pool_waiting \d", told, re.MULTILINE)
    assert re.search(r"^ecosystem_sequencer_lag_seconds \d", told, re.MULTILINE)


async def test_metrics_are_told_while_the_database_is_away() -> None:
    chosen = Settings(database_url=_NOWHERE, metrics=True, log_level="error")

    async with reach(app.build(chosen)) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert "ecosystem_pool_in_use 0" in answer.text
    assert "ecosystem_sequencer_lag_seconds" not in answer.text


def test_several_processes_count_together(tmp_path: Path) -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", _COUNTS_IN_TWO_PROCESSES, str(tmp_path)],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for _ in range(2)
    ]

    line = f'{_COUNTED}{{method="GET",route="/v1/sectors",status="200"}}'
    assert f"{line} 1.0" in told[0]
    assert f"{line} 2.0" in told[1]


def test_what_ended_processes_counted_is_cleared_away(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    stale = tmp_path / "metrics" / str(ended.pid)
    stale.mkdir(parents=True)

    subprocess.run(
        [sys.executable, "-c", _COUNTS_IN_TWO_PROCESSES, str(tmp_path)],
        capture_output=True,
        check=True,
    )

    assert [one.name for one in (tmp_path / "metrics").iterdir()] == [str(os.getpid())]


def test_nothing_watches_where_nothing_is_switched_on() -> None:
    assert telemetry.observe(Settings()) is None


@pytest.mark.parametrize(
    ("variable", "value", "package"),
    [
        ("ECOSYSTEM_METRICS", "true", "prometheus_client"),
        ("ECOSYSTEM_TRACES_ENDPOINT", "http://127.0.0.1:4318", "opentelemetry"),
    ],
)
def test_a_package_that_is_missing_is_named_at_the_start(
    variable: str, value: str, package: str, tmp_path: Path
) -> None:
    started = subprocess.run(
        [sys.executable, "-c", _WITHOUT_THE_PACKAGES],
        env={**os.environ, variable: value, "ECOSYSTEM_DATA_FOLDER": str(tmp_path)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert started.returncode == 1
    assert f"needs the package {package}" in started.stderr
    assert "Install ecosystem[telemetry]" in started.stderr
    assert "Traceback" not in started.stderr
