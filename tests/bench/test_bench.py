"""The bench runs: it makes its data, starts its servers, and measures them."""

import json
import subprocess
import sys
from pathlib import Path

_RUN = Path(__file__).parents[2] / "scripts" / "bench.d" / "run.py"


def test_the_bench_measures_a_read_of_every_server_it_starts() -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(_RUN), "--quick", "--json", "--only", "by_id"),
            *("--needs", "100,200", "--rounds", "1", "--seconds", "0.2"),
        ],
        check=False,
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr.decode()
    made = json.loads(done.stdout)
    measured = {(one["subject"], one["size"]) for one in made["summaries"]}
    assert measured >= {("ours", 100), ("bare", 100), ("ours", 200)}
    assert all(one["rate"] > 0 and one["p99_ms"] >= one["p50_ms"] for one in made["summaries"])
    assert {one["of"] for one in made["ratios"]} >= {"bare", "100 needs, with 200"}
