"""The search for secrets in the log finds whatever is planted, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from joserfc.jwk import ECKey
from pwdlib import PasswordHash

from ecosystem.runtime.minting import mint, secret
from tests import canary
from tests.tidy import HOUSE

KEY: Final = ECKey.generate_key("P-256", {"kid": "one"})
PLANTED: Final = {
    "a token": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
    "a secret of 256 bits": secret(),
    "an argon2 digest": PasswordHash.recommended().hash("x"),
    "a private key": KEY.as_pem(private=True).decode(),
    "a private key in JSON": str(KEY.as_dict(private=True)),
    "a password": canary.password("li"),
}
FAILING: Final = """
import logging, sys
from tests.canary import pytest_runtest_makereport

def test_to_standard_error():
    sys.stderr.write("GET /v1/me eyJhbGciOiJFUzI1NiJ9.e30.c2ln\\n")

def test_by_a_library_at_its_lowest_level():
    logging.getLogger("authlib.oauth2").debug("Issue token %r", "eyJhbGciOiJFUzI1NiJ9")

def test_that_tells_nothing():
    sys.stderr.write("GET /v1/me 200\\n")
"""


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_secret_is_found_and_not_told_again(what: str) -> None:
    line = f'{{"event":"request","detail":"{PLANTED[what]}"}}'

    found = "\n".join(canary.findings(f"before\n{line}\nafter"))

    assert what in found
    assert PLANTED[what] not in found


@pytest.mark.parametrize(
    "line",
    [
        f'{{"request_id":"{mint("request")}","path":"/v1/needs/{mint("need")}"}}',
        "digest " + "0a" * 32,
        "The database keeps the rule observation_what_is_verified_has_a_verifier, which refused.",
        "tests/identity/test_authentication.py::test_it_is_dead_in_other_processes_within_a_second",
    ],
)
def test_what_a_log_may_hold_is_no_finding(line: str) -> None:
    assert list(canary.findings(line)) == []


def test_a_planted_line_fails_its_test_alone(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.canary import pytest_runtest_makereport\n")
    (tmp_path / "test_planted.py").write_text(FAILING)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider"]

    told = subprocess.run(
        [*command, "-o", "log_level=DEBUG", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{HOUSE}:{HOUSE / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1, told.stdout
    assert "test_to_standard_error tells a token in a line of the log" in told.stdout
    assert "test_by_a_library_at_its_lowest_level tells a token" in told.stdout
    assert "test_that_tells_nothing tells" not in told.stdout


def test_a_services_own_log_is_searched_too(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    canary.check(log)
    log.write_text(f"{PLANTED['a secret of 256 bits']}\n")

    with pytest.raises(AssertionError, match="a secret of 256 bits"):
        canary.check(log)
