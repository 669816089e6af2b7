"""What commands share that compute a document again, without database or network."""

import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from ecosystem.cli.saying import say
from ecosystem.cli.trouble import Trouble
from ecosystem.values.differing import Difference
from ecosystem.values.refusal import Refusal

Found = TypeVar("Found")


def content(file: Path) -> bytes:
    """Return what a file holds; `-` is the standard input. Raises Trouble."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}.") from None


def recomputed(file: Path, recompute: Callable[[bytes], Found]) -> Found:
    """Return what a file comes to. Raises Trouble where it cannot be read, or is refused."""
    try:
        return recompute(content(file))
    except Refusal as refusal:
        raise Trouble(f"{refusal.detail.rstrip('.')}. {refusal.remedy}") from None


def say_differences(found: Collection[Difference]) -> None:
    """Say each place that differs, and how many there are."""
    for one in found:
        say(f"differs at {one.pointer}: stated {one.stated}, computed {one.computed}")
    say(verdict(len(found)))


def verdict(differences: int) -> str:
    """Return the line that says how many places differ from what is computed."""
    if not differences:
        return "identical"
    return "1 difference" if differences == 1 else f"{differences} differences"
