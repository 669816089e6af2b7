"""Files that lie beside the checkout, in `../shared`: published vectors and schemas."""

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).parent.parent.parent / "shared"


def shared_file(path: str) -> Path:
    """Return a file or folder of `../shared`, or skip the test where it is absent.

    Where REQUIRE_SHARED is set, as in continuous integration, its absence fails the
    test instead.
    """
    found = _SHARED / path
    if found.exists():
        return found
    absent = f"../shared/{path} is absent"
    if os.environ.get("REQUIRE_SHARED"):
        pytest.fail(absent)
    pytest.skip(absent)
