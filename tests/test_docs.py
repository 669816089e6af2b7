"""The documents are true of what is there, and each check finds what it is there to find."""

from pathlib import Path

import msgspec
import pytest

from ecosystem.runtime.settings import Settings
from tests import docs_checks
from tests.tidy import HOUSE

_SETTINGS = " ".join(field.name for field in msgspec.structs.fields(Settings))
_GOOD = {
    "README.md": f"./scripts/demo and [why](docs/decisions/0001-why.md).\n\n{_SETTINGS}\n",
    "docs/decisions/0001-why.md": "# Why\n\nBecause.\n\nEnforced by: `scripts/demo`.\n",
    "scripts/demo": "#!/bin/sh\n",
}
PLANTED = [
    pytest.param(
        docs_checks.pages_are_listed,
        {"docs/README.md": "[A](a.md)\n", "docs/a.md": "# A\n", "docs/b/c.md": "# C\n"},
        id="a page that is not listed",
    ),
    pytest.param(
        docs_checks.pages_are_listed,
        {"docs/README.md": "[A](a.md), [甲](a.zh.md)\n", "docs/a.md": "", "docs/a.zh.md": ""},
        id="a Chinese page that the Chinese list leaves out",
    ),
    pytest.param(
        docs_checks.links_lead_somewhere,
        {"docs/vendor.md": "See [the manual](manual.md#offers).\n"},
        id="a link to nowhere",
    ),
    pytest.param(
        docs_checks.decisions_are_enforced,
        {"docs/decisions/0002-so.md": "# So\n\nWe hope so.\n"},
        id="a decision that nothing enforces",
    ),
    pytest.param(
        docs_checks.decisions_are_enforced,
        {"docs/decisions/0002-so.md": "# So\n\nEnforced by: `tests/test_so.py`.\n"},
        id="a decision that an absent test enforces",
    ),
    pytest.param(
        docs_checks.decisions_are_numbered,
        {"docs/decisions/0003-so.md": "# So\n\nEnforced by: `scripts/demo`.\n"},
        id="a number left out",
    ),
    pytest.param(
        docs_checks.scripts_are_documented,
        {"scripts/conjure": "#!/bin/sh\n"},
        id="a script that no document names",
    ),
    pytest.param(
        docs_checks.settings_are_documented,
        {"README.md": _GOOD["README.md"].replace(" port ", " ")},
        id="a setting that no document names",
    ),
    pytest.param(
        docs_checks.files_keep_secrets_and_machines_out,
        {"requirements/dev.txt": "--index-url https" + "://packages.example/simple\n"},
        id="an address of an index",
    ),
    pytest.param(
        docs_checks.files_keep_secrets_and_machines_out,
        {"src/settings.py": 'FOLDER = "/root' + '/ecosystem"\n'},
        id="a path of one machine",
    ),
    pytest.param(
        docs_checks.files_keep_secrets_and_machines_out,
        {"tests/key.pem": "-----BEGIN EC " + "PRIVATE KEY-----\n"},
        id="a private key",
    ),
]


def _write(root: Path, files: dict[str, str]) -> None:
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("check", docs_checks.CHECKS)
def test_the_documents_are_true(check: docs_checks.Check) -> None:
    assert list(check(HOUSE)) == []


@pytest.mark.parametrize("check", docs_checks.CHECKS)
def test_the_check_passes_a_sound_project(check: docs_checks.Check, tmp_path: Path) -> None:
    _write(tmp_path, _GOOD)

    assert list(check(tmp_path)) == []


@pytest.mark.parametrize(("check", "files"), PLANTED)
def test_the_check_finds_a_planted_violation(
    check: docs_checks.Check, files: dict[str, str], tmp_path: Path
) -> None:
    _write(tmp_path, _GOOD | files)

    assert len(list(check(tmp_path))) == 1


def test_every_check_has_a_planted_violation() -> None:
    assert {parameters.values[0] for parameters in PLANTED} == set(docs_checks.CHECKS)
