"""What is hardly a document of YAML is refused, and says at which line and column, and why."""

import pytest

from ecosystem.contracts import forms
from ecosystem.values.yaml_tree import BYTES_MAX


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "type"),
        ("- a\n", "type"),
        ("a: [1\n", "yaml"),
        ("a: &x [1]\nb: *x\n", "alias"),
        ("a: !!python/object:os.system {}\n", "key_missing"),
        ("a: " + "[" * 40 + "]" * 40, "too_deep"),
        ("a: " + "x" * BYTES_MAX, "too_large"),
        ("1: a\n", "key_not_text"),
        ("a: \x00\n", "yaml"),
    ],
)
def test_what_is_hardly_yaml_is_refused_and_never_crashes(text: str, code: str) -> None:
    with pytest.raises(forms.FormFaulty) as refused:
        forms.parse(text.encode(), name="form.yaml")

    assert code in {fault.code for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"id: x\ntitle: \xff\n", "2:8: The document is not UTF-8 here."),
        (
            b"id: x\ntitle: a\x01\n",
            "2:9: This is not YAML: the control character U+0001 stands here.",
        ),
        (b"id: x\ntitle:\n\tzh: x\n", "3:1: This is not YAML: indent with spaces, not with tabs."),
        (b"id: x\n---\nid: y\n", "2:1: This is not YAML: another document begins here."),
        (b" \n", "1:1: The document is empty."),
        (b"- id\n", "1:1: A form is a mapping: begin with `id: ...`."),
        (b"1: x\n", "1:1: Put 1 in quotes: a key is text."),
        (b"[a]: x\n", "1:1: A key is text."),
    ],
)
def test_a_document_that_cannot_be_read_says_where_and_why(text: bytes, said: str) -> None:
    with pytest.raises(forms.FormFaulty) as refused:
        forms.parse(text, name="form.yaml")

    details = [fault.detail for fault in refused.value.faults]
    assert details[0] == f"form.yaml:{said}"


@pytest.mark.parametrize("number", ["0x16", "1:30", ".inf", "1_000", "9" * 5000])
def test_a_number_that_is_not_read_says_how_numbers_are_written(number: str) -> None:
    with pytest.raises(forms.FormFaulty) as refused:
        forms.parse(f"id: some-form\nduration_days: {number}\n".encode(), name="form.yaml")

    [fault] = [one for one in refused.value.faults if one.code == "scalar"]
    assert fault.detail.startswith(f"form.yaml:2:16: {number[:9]}")
    assert "write a whole number in plain digits, at most 15" in fault.detail
    assert len(fault.detail) < 300
