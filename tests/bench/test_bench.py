"""The bench runs: it makes its data, starts its servers, and measures them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_RUN = _ROOT / "scripts" / "bench.d" / "run.py"


@pytest.fixture(scope="module")
def made() -> Any:
    only = [part for name in ("by_id", "token_key", "token_secret") for part in ("--only", name)]
    done = subprocess.run(
        [
            *(sys.executable, str(_RUN), "--quick", "--json", *only),
            *("--needs", "100,200", "--rounds", "1", "--seconds", "0.2"),
        ],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}"},
    )

    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_bench_measures_a_read_of_every_server_it_starts(made: Any) -> None:
    read = [one for one in made["summaries"] if one["cell"] == "by_id"]

    assert {(one["subject"], one["size"]) for one in read} >= {
        ("ours", 100), ("no token", 100), ("bare", 100), ("ours", 200),
    }  # fmt: skip
    assert all(one["rate"] > 0 and one["p99_ms"] >= one["p50_ms"] for one in made["summaries"])


def test_the_bench_measures_the_token_endpoint_by_a_key_and_by_a_secret(made: Any) -> None:
    got = [one for one in made["summaries"] if one["cell"].startswith("token")]

    assert {(one["cell"], one["subject"]) for one in got} == {
        ("token_key", "ours"), ("token_secret", "ours"),
    }  # fmt: skip


def test_the_bench_says_what_each_comparison_wants(made: Any) -> None:
    wanted = {one["of"]: one["wanted"] for one in made["ratios"]}

    assert wanted.keys() >= {"bare", "100 needs, with 200"}
    assert wanted["its time: authentication"] == pytest.approx(0.15)
