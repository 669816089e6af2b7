"""What the documents of the project promise, as checks over a folder.

Each check yields one sentence for each violation, so that a test can run it on the project
and on a violation planted elsewhere.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from ecosystem.runtime.settings import Settings

Check = Callable[[Path], Iterator[str]]
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_CODE: Final = re.compile(r"`[^`\n]*`")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|#", re.IGNORECASE)
_PATH: Final = re.compile(r"`([\w.-]+(?:/[\w.*-]+)+)`")
_NUMBERED: Final = re.compile(r"(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*")
_UNWANTED: Final = (
    ("a registry's host", re.compile(r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)")),
    ("an image registry", re.compile(r"\b(?:docker|quay|ghcr|gcr|public[.]ecr)[.](?:io|aws)\b")),
    ("an address of an index", re.compile(r"index-url[ =]+[\"']?\w+://")),
    ("a path of one machine", re.compile(r"(?<![\w.-])/(?:root|work|Users|home/\w+)/\w")),
    ("a private key", re.compile(r"-{5}BEGIN (?:[A-Z]+ )*PRIVATE KEY-{5}")),
    ("an access key", re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36})\b")),
)
_MADE: Final = frozenset({"__pycache__", "build", "dist", "htmlcov", "var"})
_HIDDEN_KEPT: Final = frozenset(
    {".ci", ".containerignore", ".editorconfig", ".gitattributes", ".gitignore"}
)


def links_lead_somewhere(root: Path) -> Iterator[str]:
    """Every relative link of a document leads to a file or folder of the project."""
    for page in _pages(root):
        for target in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
            if _ELSEWHERE.match(target):
                continue
            if not (page.parent / target.partition("#")[0]).exists():
                yield f"{page.relative_to(root)} links to {target}, which is not there."


def pages_are_listed(root: Path) -> Iterator[str]:
    """Every page of `docs` but the decisions is linked from docs/README.md, or its Chinese one."""
    docs = root / "docs"
    for ending, first in ((".zh.md", docs / "README.zh.md"), (".md", docs / "README.md")):
        linked = set(_LINK.findall(first.read_text(encoding="utf-8"))) if first.exists() else set()
        for page in sorted(docs.rglob(f"*{ending}")):
            place = page.relative_to(docs).as_posix()
            if page.name.endswith(".zh.md") != (ending == ".zh.md") or page == first:
                continue
            if not place.startswith("decisions/") and place not in linked:
                yield f"{first.relative_to(root)} does not list {place}."


def decisions_are_enforced(root: Path) -> Iterator[str]:
    """Every decision ends by saying what enforces it, and the files named there exist."""
    for page in _decisions(root):
        last = page.read_text(encoding="utf-8").rstrip().splitlines()[-1:]
        if not last or not re.match(r"Enforced by: \S", last[0]):
            yield f"{page.name} does not end in a line 'Enforced by: ...'."
            continue
        for path in _PATH.findall(last[0]):
            if not list(root.glob(path)):
                yield f"{page.name} is enforced by {path}, which is not there."


def decisions_are_numbered(root: Path) -> Iterator[str]:
    """Decisions are 0001-short-title.md and so on; no number is left out or used twice."""
    for expected, page in enumerate(_decisions(root), start=1):
        named = _NUMBERED.fullmatch(page.stem)
        if named is None or int(named[1]) != expected:
            yield f"{page.name} should be {expected:04d}-short-title.md."


def scripts_are_documented(root: Path) -> Iterator[str]:
    """Every script is named in a document as it is called."""
    documents = _documents(root)
    for script in sorted((root / "scripts").iterdir()):
        if script.is_file() and not script.suffix and f"./scripts/{script.name}" not in documents:
            yield f"./scripts/{script.name} is in no document."


def settings_are_documented(root: Path) -> Iterator[str]:
    """Every setting is named in a document by its name."""
    documents = _documents(root)
    for field in msgspec.structs.fields(Settings):
        if not re.search(rf"\b{field.name}\b", documents):
            yield f"The setting {field.name} is in no document."


def files_keep_secrets_and_machines_out(root: Path) -> Iterator[str]:
    """No file names a registry's host or a path of one machine, or holds a private key."""
    for path in _files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for what, unwanted in _UNWANTED:
            if found := unwanted.search(text):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path.relative_to(root)}:{line} holds {what}."


CHECKS: Final[tuple[Check, ...]] = (
    links_lead_somewhere,
    pages_are_listed,
    decisions_are_enforced,
    decisions_are_numbered,
    scripts_are_documented,
    settings_are_documented,
    files_keep_secrets_and_machines_out,
)


def _pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def _documents(root: Path) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in _pages(root))


def _decisions(root: Path) -> list[Path]:
    return sorted((root / "docs" / "decisions").glob("*.md"))


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        hidden = path.name.startswith(".") and path.name not in _HIDDEN_KEPT
        if hidden or path.name in _MADE or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix != ".pyc":
            yield path
