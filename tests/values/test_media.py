"""Header fields that describe a file are read as their standards say."""

import base64
import hashlib

import pytest

from ecosystem.values import media

DIGEST = base64.b64encode(hashlib.sha256(b"").digest()).decode()


@pytest.mark.parametrize(
    "field", [f"sha-256=:{DIGEST}:", f"md5=:AA==:, sha-256=:{DIGEST}:", f"sha-256=:{DIGEST}: "]
)
def test_the_sha_256_of_a_content_digest_is_read(field: str) -> None:
    assert media.content_digest(field) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "field",
    [
        "", "sha-256=abc", "sha-256=:AAAA:", f"sha-512=:{DIGEST}:", f"xsha-256=:{DIGEST}:",
        f"sha-256=:{DIGEST[:-2]}V=:",
    ],
)  # fmt: skip
def test_what_is_no_canonical_digest_is_none(field: str) -> None:
    assert media.content_digest(field) is None


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf", "报告.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=utf-8'zh'b.pdf", "b.pdf"),
        ('attachment; filename="plain name.csv"', "plain name.csv"),
        ("attachment; filename=report-1.pdf", "report-1.pdf"),
        ("attachment;filename=report.pdf ; x=y", "report.pdf"),
        ("attachment; filename=../../etc/passwd", None),
        ("attachment; filename=two words.pdf", None),
        ("attachment", None),
        ("attachment; filename*=UTF-8''..%2Fetc%2Fpasswd", None),
        ("attachment; filename*=UTF-8''a%0Ab", None),
        ("attachment; filename*=UTF-8''inv%E2%80%AEfdp.exe", None),
        ("attachment; filename*=UTF-8''a%E2%80%A8b.pdf", None),
        ("attachment; filename*=UTF-8''a%C2%85b.pdf", None),
        ("attachment; filename*=UTF-8''%FF", None),
        ("attachment; filename*=UTF-8''..", None),
        ("attachment; filename*=UTF-8''%20", None),
        (f"attachment; filename*=UTF-8''{'a' * 201}", None),
    ],
)
def test_the_name_is_read_from_the_disposition(field: str, name: str | None) -> None:
    assert media.file_name(field) == name


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("报告.pdf", "application/pdf", True),
        ("photo.JPEG", "image/jpeg", True),
        ("地块.geojson", "application/geo+json", True),
        ("标书.asice", "application/vnd.etsi.asic-e+zip", True),
        ("macro.xlsm", "application/zip", False),
        ("notes.txt", "text/plain", True),
        ("验收报告", "application/pdf", True),
        ("report v1.2", "application/pdf", True),
        ("报告。第二版.修订", "application/pdf", True),
        ("page.html", "text/plain", False),
        ("run.exe", "application/pdf", False),
        ("macro.xlsm", "text/csv", False),
        ("photo.svg", "image/png", False),
        ("report.pdf.js", "application/pdf", False),
        ("link.lnk ", "application/pdf", False),
        ("run.exe.", "application/pdf", False),
        ("archive.7z", "application/pdf", False),
    ],
)
def test_a_name_does_not_promise_another_type_than_the_bytes(
    name: str, media_type: str, *, expected: bool
) -> None:
    assert media.is_named(name, media_type) is expected
