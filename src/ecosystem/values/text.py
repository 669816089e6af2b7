"""Text that people read: it carries its language, and Chinese and English are both first-class."""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.values.patterns import whole

_CONTROLS: Final = r"\u0000-\u001F\u007F"
_SPACES: Final = r"\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF"
"""Listed, because what `\\s` stands for differs from one language to the next."""

_WRITTEN: Final = r"[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]"
Line = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        pattern=whole(rf"[^{_CONTROLS}]*[^{_CONTROLS}{_SPACES}][^{_CONTROLS}]*"),
        description="One line of text, without control characters.",
        examples=["数据标注 / Data annotation"],
    ),
]
Prose = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=20_000,
        # What comes first is either of spaces or of none, so that no text takes long to refuse.
        pattern=whole(rf"[\t\n\r{_SPACES}]*[^{_CONTROLS}{_SPACES}]{_WRITTEN}*"),
        description="Text that says something, in any number of lines without control characters.",
        examples=["Twenty cameras at ten crossings."],
    ),
]


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Chinese, in English, or in both."""

    zh: Prose | UnsetType = UNSET
    en: Prose | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a text that says nothing in either language."""
        if self.zh is UNSET and self.en is UNSET:
            message = "give the text in `zh`, in `en`, or in both"
            raise ValueError(message)
