"""`ecosystem audit export` says what it cannot use before it asks anybody."""

from pathlib import Path

import pytest

from ecosystem.cli.main import main

NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("token", "where", "said"),
    [
        ("令牌", "type=need.published", "holds no token"),
        ("  \n", "type=need.published", "holds no token"),
        ("a.b.c", "format=csv", "is --format"),
        ("a.b.c", "type", "is not NAME=VALUE"),
        ("a.b.c", "type=need.published", "broke off after 0 events"),
    ],
    ids=["no-ascii", "blank", "format", "no-value", "nobody-there"],
)
def test_nothing_is_left_of_a_file_that_could_not_be_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], token: str, where: str, said: str
) -> None:
    holds, taken = tmp_path / "token", tmp_path / "events.ndjson"
    holds.write_text(token, encoding="utf-8")
    asked = ["--url", NOBODY, "--token-file", str(holds), "--where", where]

    assert main(["audit", "export", str(taken), *asked]) == 1
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [holds]
