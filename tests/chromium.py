"""A real headless Chromium, for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open a Chromium, or skip the test where none is installed.

    Where REQUIRE_BROWSER is set, as in continuous integration, its absence fails the test
    instead.
    """
    path = shutil.which("chromium")
    if path is None:
        absent = "there is no chromium"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(absent)
        pytest.skip(absent)
    with sync_playwright() as playwright:
        # Its own sandbox needs what a container mostly does not give.
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
