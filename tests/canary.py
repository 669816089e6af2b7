"""No token, secret, key or password is told to the log: every line of every test is searched.

Whatever a test or a service that it starts writes to standard error, and whatever a library
tells its logger at DEBUG, is kept by pytest for each test; here it is searched when the test
has ended. A service with a log of its own has that searched when it is discarded.
"""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest

MARK: Final = "canary-sings"
"""Part of every password that a test makes up."""
_SECRETS: Final = {
    "a token": r"eyJ[\w-]{8,}",
    "a secret of 256 bits": (
        r"(?<![\w/+=%-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[A-Za-z0-9_-]{43}(?![\w/+=-])"
    ),
    "an argon2 digest": r"\$argon2[a-z]+\$",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a private key in JSON": r"""["']d\\?["']: ?\\?["'][\w-]{20,}""",
    "a password": MARK,
}
_ANY: Final = {name: re.compile(pattern) for name, pattern in _SECRETS.items()}
_SEARCHED: Final = ("Captured stderr", "Captured log")
_SHOWN: Final = 300


def password(of: str = "") -> str:
    """Return a password for a test, in more than one script, which no log may hold."""
    return f"{MARK}-{of}-密码-pássword"


def findings(text: str) -> Iterator[str]:
    """Yield each line that tells a secret, with the secret blanked, and what it tells."""
    for name, pattern in _ANY.items():
        found = pattern.search(text)
        if found is not None:
            begin = text.rfind("\n", 0, found.start()) + 1
            end = text.find("\n", found.end())
            line = text[begin : end if end >= 0 else len(text)]
            yield f"{name} in a line of the log: {pattern.sub('(secret)', line)[:_SHOWN]}"


def check(log: Path) -> None:
    """Raise where a service's own log tells a secret."""
    if log.exists():
        found = list(findings(log.read_text(encoding="utf-8", errors="replace")))
        assert found == [], "\n".join(found)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, "pytest.CallInfo[None]"]:
    """Fail a test of which some line of the log tells a secret, once it has ended."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()  # type: ignore[attr-defined]
    if call.when != "teardown":
        return
    kept = [text for title, text in report.sections if title.startswith(_SEARCHED)]
    if found := [finding for text in kept for finding in findings(text)]:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} tells " + "\n".join(found)
