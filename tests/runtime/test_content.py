"""What a file is, is seen from its bytes, whatever it was said to be."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

import pytest

from ecosystem.runtime import content
from ecosystem.values import media

PNG = b"\x89PNG\r\n\x1a\n\x00"
JPEG = b"\xff\xd8\xff\xe0"
PDF = b"%PDF-1.4"
ZIP = "application/zip"
OPEN_XML = "application/vnd.openxmlformats-officedocument."
DOCX = f"{OPEN_XML}wordprocessingml.document"
XLSX = f"{OPEN_XML}spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ASIC = "application/vnd.etsi.asic-e+zip"
BOMB = b'<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "12345678">]><a>&b;</a>'


def _packed(entries: Mapping[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, entry in entries.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else how
            archive.writestr(name, entry, compress_type=stored)
    return made.getvalue()


def _open_xml(*types: str) -> bytes:
    parts = "".join(f'<Override PartName="/{one}" ContentType="{one}"/>' for one in types)
    listed = "http://schemas.openxmlformats.org/package/2006/content-types"
    return _packed({"[Content_Types].xml": f'<Types xmlns="{listed}">{parts}</Types>'.encode()})


def _open_document(media_type: str, *more: str) -> bytes:
    named = ("content.xml", "META-INF/manifest.xml", *more)
    return _packed({"mimetype": media_type.encode(), **dict.fromkeys(named, b"<a/>")})


@pytest.mark.parametrize(
    ("given", "media_type", "expected"),
    [
        (PDF, "application/pdf", True),
        (PNG, "image/png", True),
        (JPEG, "image/jpeg", True),
        (PNG, "image/jpeg", False),
        (b"<svg/>", "image/png", False),
        ("月,值\n1,2\n".encode(), "text/csv", True),
        (b"\xff\xfe\x00", "text/csv", False),
        (b"a\x00b", "text/plain", False),
        (b"", "text/plain", False),
        (PDF, "text/plain", False),
        (b'{"a": [1]}', "application/json", True),
        (b"{", "application/json", False),
        (b"[" * 100_000, "application/json", False),
        (b'{"type": "Point", "coordinates": [1, 2]}', "application/geo+json", True),
        (b'{"type": "Circle"}', "application/geo+json", False),
        (b"[1]", "application/geo+json", False),
        ("<a>水</a>".encode(), "application/xml", True),
        (b"<a>", "application/xml", False),
        (b"<a/><b/>", "application/xml", False),
        (BOMB, "application/xml", False),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "application/xml", False),
        (b"<a>" * 10_000 + b"</a>" * 10_000, "application/xml", False),
    ],
    ids=range(22),
)
def test_the_bytes_say_what_a_file_is(given: bytes, media_type: str, *, expected: bool) -> None:
    assert content.is_of(BytesIO(given), media_type) is expected


@pytest.mark.parametrize(
    ("given", "media_type", "expected"),
    [
        (_packed({"a.txt": b"a"}), ZIP, True),
        (_packed({"a.txt": b"a"}), DOCX, False),
        (_packed({"a.txt": b"a"}), "application/pdf", False),
        (_packed({}), ZIP, False),
        (b"PK\x03\x04", ZIP, False),
        (_packed({"a.txt": b"a" * 1_000})[:-30], ZIP, False),
        (_packed({"../a.txt": b"a"}), ZIP, False),
        (_packed({"/etc/a": b"a"}), ZIP, False),
        (_packed({"C:\\a": b"a"}), ZIP, False),
        (_packed({"zeros": bytes(17 << 20)}), ZIP, False),
        (_packed({"zeros": bytes(1 << 20)}), ZIP, True),
        (_open_xml(f"{DOCX}.main+xml"), DOCX, True),
        (_open_xml(f"{XLSX}.main+xml"), XLSX, True),
        (_open_xml(f"{XLSX}.main+xml"), DOCX, False),
        (_open_xml(f"{DOCX}.main+xml", "application/vnd.ms-office.vbaProject"), DOCX, False),
        (_open_xml("application/vnd.ms-word.document.macroEnabled.main+xml"), DOCX, False),
        (_packed({"[Content_Types].xml": BOMB}), DOCX, False),
        (_open_document(ODT), ODT, True),
        (_open_document(ODT), ODT.replace("text", "spreadsheet"), False),
        (_open_document(ODT, "Basic/Standard/Module1.xml"), ODT, False),
        (_open_document(ASIC, "META-INF/signatures001.p7s"), ASIC, True),
        (_open_document(ASIC), ASIC, False),
    ],
    ids=range(22),
)
def test_an_archive_is_what_it_lists(given: bytes, media_type: str, *, expected: bool) -> None:
    assert content.is_of(BytesIO(given), media_type) is expected


def test_an_archive_that_nobody_can_look_into_is_not_taken() -> None:
    plain = _packed({"a.txt": b"a"}, how=zipfile.ZIP_STORED)
    encrypted = bytearray(plain)
    encrypted[6] |= 1
    encrypted[plain.index(b"PK\x01\x02") + 8] |= 1

    assert content.is_of(BytesIO(plain), ZIP)
    assert not content.is_of(BytesIO(encrypted), ZIP)


def test_a_list_of_an_archive_that_would_fill_the_memory_is_not_read() -> None:
    few, many = (_packed({f"{one}": b"" for one in range(count)}) for count in (10, 10_001))
    long = few[:-22] + b"PK\x06\x07" + bytes(16) + few[-22:]

    assert content.is_of(BytesIO(few), ZIP)
    assert not content.is_of(BytesIO(many), ZIP)
    assert not content.is_of(BytesIO(long), ZIP)


@pytest.mark.parametrize("media_type", media.TYPES)
def test_every_type_that_is_taken_is_checked(media_type: str) -> None:
    assert not content.is_of(BytesIO(b"MZ\x90\x00"), media_type)
