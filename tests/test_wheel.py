"""An installed wheel works outside the checkout: it carries all that it needs."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked() -> Iterator[Path]:
    """The wheel's content, in a folder that has nothing to do with the checkout."""
    with tempfile.TemporaryDirectory(prefix="ecosystem-wheel-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder / "site")
        yield folder / "site"


def test_it_carries_forms_schema_catalogue_and_examples(unpacked: Path) -> None:
    package = unpacked / "ecosystem"

    assert list((package / "contracts" / "forms_data").glob("*.yaml"))
    assert (package / "migrations" / "versions" / "0001_initial.sql").is_file()
    assert (package / "catalogue" / "files" / "jurisdictions.yaml").is_file()
    assert (package / "catalogue" / "files" / "profiles" / "eu-directives.yaml").is_file()
    assert (package / "manual" / "examples.json").is_file()
    assert (package / "needs" / "chinese.toml").is_file()


def test_the_whole_partnership_runs_from_it(unpacked: Path, tmp_path: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(unpacked)}
    where = subprocess.run(
        [sys.executable, "-c", "import ecosystem; print(ecosystem.__file__)"],
        cwd=tmp_path, env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    demo = subprocess.run(
        [sys.executable, "-m", "ecosystem", "demo", "--exit", "--json"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip

    assert where.stdout.startswith(str(unpacked))
    assert demo.returncode == 0, demo.stdout + demo.stderr
