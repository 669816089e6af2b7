"""A contract on paper: as a page for a browser, and as a PDF, each by itself and unchanging.

The same contract gives the same bytes, so that two readers can compare what they hold.
"""

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from io import BytesIO
from typing import Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ecosystem.contracts.reading.outline import Entry, Grid, Outline, Section
from ecosystem.identity.login.languages import TAGS
from ecosystem.runtime.markup import Html, Part, element, styled_by, table

_STYLE: Final = (files("ecosystem.contracts.reading") / "paper.css").read_text(encoding="utf-8")
POLICY: Final[Mapping[str, str]] = {"content-security-policy": styled_by(_STYLE)}
"""What a page is sent with: it may load nothing, and only its own style applies."""

_FONT: Final = "STSong-Light"
"""For Chinese and Latin letters; not in the file: readers show it, or a Chinese font at hand."""
_CHINESE: Final = 0x2E80
"""From this number on letters are as wide as two Latin ones."""
_MARGIN: Final = 20 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN


def page(outline: Outline) -> bytes:
    """Return the contract as a page that prints well."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", outline.title),
        element("style", Html(_STYLE)),
    )
    facts = element(
        "dl",
        *(part for name, value in outline.facts for part in (
            element("dt", name), element("dd", value),
        )),
    )  # fmt: skip
    body = element(
        "body",
        element("main", element("h1", outline.title), facts, *map(_section, outline.sections)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang=TAGS[outline.language])}\n".encode()


def _section(section: Section) -> Html:
    return element("section", element("h2", section.title), *map(_part, section.parts))


def _part(part: str | Entry | Grid) -> Part:
    match part:
        case Grid():
            return table(part.heads, part.rows)
        case Entry():
            return element("div", element("h3", part.title), element("p", part.text))
        case _:
            return element("p", part)


def pdf(outline: Outline) -> bytes:
    """Return the contract as a PDF, numbered by pages, each of which bears its digest."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))  # pyright: ignore[reportUnknownMemberType]
    written = BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=outline.title,
        lang=TAGS[outline.language],
        invariant=1,
    )
    foot = _Foot(outline.facts[-1][1])
    document.build(list(_flow(outline)), onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


class _Foot:
    """Writes the digest and the number at the foot of a page."""

    def __init__(self, digest: str) -> None:
        self._digest = digest

    def __call__(self, canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(_FONT, 7)
        canvas.drawString(_MARGIN, 10 * mm, self._digest)
        canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, str(document.page))
        canvas.restoreState()


def _styled(name: str, size: float, *, before: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        name, fontName=_FONT, fontSize=size, leading=size * 1.5, spaceBefore=before, wordWrap="CJK"
    )


_TITLE: Final = _styled("title", 17)
_PART: Final = _styled("part", 13, before=14)
_ENTRY: Final = _styled("entry", 10, before=7)
_BODY: Final = _styled("body", 9)
_CELL: Final = _styled("cell", 8)
_LINES: Final = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
)
_HEADED: Final = TableStyle([("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)], parent=_LINES)


def _flow(outline: Outline) -> Iterator[Flowable]:
    yield Paragraph(escape(outline.title), _TITLE)
    yield Spacer(1, 8)
    yield _grid(outline.facts, (0.27, 0.73))
    for section in outline.sections:
        yield Paragraph(escape(section.title), _PART)
        yield Spacer(1, 4)
        for part in section.parts:
            match part:
                case Grid():
                    widths = [
                        _weight(column) for column in zip(part.heads, *part.rows, strict=True)
                    ]
                    shares = tuple(width / sum(widths) for width in widths)
                    yield _grid((part.heads, *part.rows), shares, heads=1)
                case Entry():
                    yield Paragraph(f"<b>{escape(part.title)}</b>", _ENTRY)
                    yield Paragraph(escape(part.text), _BODY)
                case _:
                    yield Paragraph(escape(part), _BODY)


def _grid(rows: tuple[tuple[str, ...], ...], shares: tuple[float, ...], *, heads: int = 0) -> Table:
    cells = [[Paragraph(escape(cell), _CELL) for cell in row] for row in rows]
    widths = [_WIDTH * share for share in shares]
    return Table(cells, colWidths=widths, repeatRows=heads, style=_HEADED if heads else _LINES)


def _weight(column: tuple[str, ...]) -> float:
    """Return how much room a column wants: as its longest cell, within reason."""
    longest = max(sum(2 if ord(letter) > _CHINESE else 1 for letter in cell) for cell in column)
    return float(min(max(longest, 8), 40))
