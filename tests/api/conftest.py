"""A service for a search alone, and the world in it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.searching import Search
from tests.serving.service import Service

UNLIMITED = "1000000000"


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    """A sandbox in processes of its own, a partnership in it, and tokens that last."""
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-search-"))
    # The embedded PostgreSQL of root runs as an ordinary user, who must pass through.
    folder.chmod(0o711)
    settings = {
        "ECOSYSTEM_TOKEN_LIFETIME_S": "3600",
        "ECOSYSTEM_STEP_UP_S_MAX": "43200",
        "ECOSYSTEM_READS_PER_MINUTE": UNLIMITED,
        "ECOSYSTEM_WRITES_PER_MINUTE": UNLIMITED,
        "ECOSYSTEM_METRICS": "true",
    }
    service = Service(folder / "service", settings=settings)
    try:
        service.start().ready()
        yield Search(service, tmp_path_factory.mktemp("search"))
        service.stop()
    finally:
        service.discard()
        shutil.rmtree(folder, ignore_errors=True)
