"""The guides in two languages: what a guide and its other language have in common.

Each check yields one sentence for each violation. `python -m tests.docs.chinese` copies the
blocks of code of each English guide into the Chinese one, after a block has changed.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.docs.examples import MARK
from tests.tidy import HOUSE

Check = Callable[[Path], Iterator[str]]
TRANSLATED: Final[tuple[str, ...]] = (
    "docs/README.md",
    "docs/agency/*.md",
    "docs/auditor/*.md",
    "docs/people.md",
    "docs/vendor/*.md",
)
"""The pages that are there in both languages."""
_BLOCK: Final = re.compile(rf"^(?:{MARK}\n)?```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"`[^`\n]*`")
_HALF_WIDTH: Final = re.compile(
    r"[\u4e00-\u9fff][,;:?!](?!\w)|[\u4e00-\u9fff]\(|[,;]\s?[\u4e00-\u9fff]"
)
_LINES_TO_LINK: Final = 3


@dataclass
class Shape:
    """What is the same in both languages."""

    code: list[str]
    headings: list[int] = field(default_factory=list)
    """The level of each."""
    tables: list[int] = field(default_factory=list)
    """How many lines each has."""


def each_guide_has_both_languages(root: Path) -> Iterator[str]:
    """Every guide of a translated folder has its Chinese one; each Chinese one its English."""
    guides = {page for place in TRANSLATED for page in root.glob(place)}
    for page in sorted(guides | set(root.glob("docs/**/*.zh.md"))):
        if not _other(page).exists():
            yield f"{page.relative_to(root)} is not there as {_other(page).name}."


def both_languages_have_one_shape(root: Path) -> Iterator[str]:
    """Code is the same byte for byte, so that running the English proves both; so is the frame."""
    for page, english in _pairs(root):
        here, there = _shape(page), _shape(english)
        name = page.relative_to(root)
        if here.headings != there.headings:
            yield f"{name} has headings {here.headings}, and the English one {there.headings}."
        if here.tables != there.tables:
            yield f"{name} has tables of {here.tables} lines, the English one of {there.tables}."
        if here.code != there.code:
            yield f"{name} has other code: run python -m tests.docs.chinese. {_differ(here, there)}"


def both_languages_lead_to_each_other(root: Path) -> Iterator[str]:
    """Each begins with a link to the other."""
    for page, english in _pairs(root):
        for one, label, other in ((page, "English", english), (english, "中文", page)):
            if f"[{label}]({other.name})" not in _lines(one)[:_LINES_TO_LINK]:
                yield f"{one.relative_to(root)} does not begin with [{label}]({other.name})."


def chinese_leads_to_chinese(root: Path) -> Iterator[str]:
    """A link of a Chinese guide goes to the Chinese page where there is one, and to a heading."""
    for page, english in _pairs(root):
        for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
            target, _, heading = link.partition("#")
            there = (page.parent / target).resolve() if target else page
            if target == english.name or there.suffix != ".md" or not there.exists():
                continue
            if not there.name.endswith(".zh.md") and _other(there).exists():
                yield f"{page.relative_to(root)} links to {target}, which is there in Chinese."
            elif heading and heading not in _anchors(there):
                yield f"{page.relative_to(root)} links to {link}, which is no heading."


def chinese_is_punctuated_as_chinese(root: Path) -> Iterator[str]:
    """Between Chinese characters stands full-width punctuation."""
    for page, _ in _pairs(root):
        prose = _BLOCK.sub("", page.read_text(encoding="utf-8"))
        for found in _HALF_WIDTH.finditer(_CODE.sub("", prose)):
            yield f"{page.relative_to(root)} has half-width punctuation at {found[0]}."


CHECKS: Final[tuple[Check, ...]] = (
    each_guide_has_both_languages,
    both_languages_have_one_shape,
    both_languages_lead_to_each_other,
    chinese_leads_to_chinese,
    chinese_is_punctuated_as_chinese,
)


def copy_code(root: Path) -> Iterator[str]:
    """Put the English blocks into the Chinese guides, one for one; yield what is altered."""
    for page, english in _pairs(root):
        text = page.read_text(encoding="utf-8")
        blocks = _BLOCK.findall(english.read_text(encoding="utf-8"))
        if len(_BLOCK.findall(text)) != len(blocks):
            yield f"{page.relative_to(root)} has not as many blocks as the English one."
            continue
        prose = _BLOCK.split(text)
        copied = "".join(one + block for one, block in zip(prose, [*blocks, ""], strict=True))
        if copied != text:
            page.write_text(copied, encoding="utf-8")
            yield f"{page.relative_to(root)} has the code of the English one now."


def _pairs(root: Path) -> Iterator[tuple[Path, Path]]:
    for page in sorted(root.glob("docs/**/*.zh.md")):
        if _other(page).exists():
            yield page, _other(page)


def _other(page: Path) -> Path:
    """The same page in the other language."""
    stem = page.name.removesuffix(".md")
    name = stem.removesuffix(".zh") if stem.endswith(".zh") else f"{stem}.zh"
    return page.with_name(f"{name}.md")


def _shape(page: Path) -> Shape:
    text = page.read_text(encoding="utf-8")
    shape = Shape(code=_BLOCK.findall(text))
    in_table = False
    for line in _BLOCK.sub("", text).splitlines():
        if heading := re.match(r"(#+) ", line):
            shape.headings.append(len(heading[1]))
        if line.startswith("|") and not in_table:
            shape.tables.append(0)
        in_table = line.startswith("|")
        if in_table:
            shape.tables[-1] += 1
    return shape


def _differ(here: Shape, there: Shape) -> str:
    if len(here.code) != len(there.code):
        return f"It has {len(here.code)} blocks instead of {len(there.code)}."
    pairs = zip(here.code, there.code, strict=True)
    other = next(number for number, (one, two) in enumerate(pairs, start=1) if one != two)
    return f"The first that differs is block {other}."


def _anchors(page: Path) -> set[str]:
    prose = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def _lines(page: Path) -> list[str]:
    return page.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    sys.stdout.writelines(f"{told}\n" for told in copy_code(HOUSE))
