"""`ecosystem contracts check` says of every form whether it is sound, and where it is not."""

import json
from pathlib import Path

import pytest

from ecosystem.cli.main import main
from ecosystem.contracts import forms, shelf


def test_every_shipped_form_is_sound_and_named_by_its_digest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["contracts", "check"]) == 0

    said = capsys.readouterr().out
    digests = {form.id: forms.digest(form) for form in shelf.shipped()}
    warnings = [line for line in said.splitlines() if ": warning: " in line]
    assert [line for line in said.splitlines() if line not in warnings] == [
        f"{name}.yaml: sound, SHA-256 {digest}" for name, digest in sorted(digests.items())
    ]
    assert (
        "citizen-service-operation.yaml: warning: satisfaction-payment has a cliff where "
        "satisfaction is 70: 120000.00, 40 % of the most it moves in a period."
    ) in warnings
    assert len(digests) >= 6


def test_every_fault_is_told_with_its_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shelf.documents()["construction-and-operation.yaml"].decode()
    file = tmp_path / "changed.yaml"
    changed = text.replace("[handover-readiness]", "[unheard-of]").replace("{grace_days}", "{x}")
    file.write_text(changed)

    assert main(["contracts", "check", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{file}: {len(lines) - 1} faults."
    assert all(line.startswith(f"{file}:") for line in lines)

    assert main(["contracts", "check", "--json", str(file)]) == 1
    [found] = json.loads(capsys.readouterr().out)["forms"]
    assert found["digest"] is None
    assert {fault["code"] for fault in found["faults"]} >= {"metric_unknown", "name_unknown"}
    assert [fault["detail"] for fault in found["faults"]] == lines[:-1]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"- 1", b"{" * 40, b"x" * 2_000_000])
def test_what_is_no_form_is_refused_with_a_place(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.yaml"
    file.write_bytes(content)

    assert main(["contracts", "check", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:1:")


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contracts", "check", str(tmp_path / "away.yaml")]) == 1
    assert "away.yaml cannot be read" in capsys.readouterr().err
