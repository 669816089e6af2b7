"""The examples of the documents: which there are, and what each says that it prints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARK: Final = "<!-- runs -->"
_BLOCK: Final = re.compile(r"^<!-- runs -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PRINTS: Final = re.compile(r"# => (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One block of commands that a reader can run."""

    page: str
    line: int
    commands: str

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"

    @property
    def prints(self) -> list[str]:
        """What it says that it prints, line by line."""
        return [found.strip() for found in _PRINTS.findall(self.commands)]


def examples_of(root: Path, pages: tuple[str, ...]) -> Iterator[Example]:
    """Yield the examples of the pages, in the order in which a reader meets them."""
    for page in pages:
        text = (root / page).read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            yield Example(page, text.count("\n", 0, found.start()) + 1, found[1])
