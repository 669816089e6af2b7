"""XML that others have written: read in pieces, without declarations, entities and network."""

from collections.abc import Iterable
from typing import Any, Final

from lxml import etree

_DEPTH_MAX: Final = 256


class _Unsafe(Exception):
    """A document type is declared, whose entities expand to anything, or it is a deep nest."""


class _Unseen:
    """Takes what is read, and keeps nothing."""

    depth = 0

    def doctype(self, *_: object) -> None:
        raise _Unsafe

    def start(self, *_: object) -> None:
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise _Unsafe

    def end(self, _: object) -> None:
        self.depth -= 1

    def close(self) -> None:
        """End the document."""


def is_sound(pieces: Iterable[bytes]) -> bool:
    """Tell whether pieces are well-formed XML that declares no document type."""
    target: Any = _Unseen()
    parser = etree.XMLParser(
        target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.close()
    except (_Unsafe, etree.XMLSyntaxError):
        return False
    return True


def small(content: bytes) -> Any:
    """Return the root of short XML; ValueError where it is none or declares its type."""
    if not is_sound([content]):
        message = "it is no XML, or declares a document type"
        raise ValueError(message)
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
