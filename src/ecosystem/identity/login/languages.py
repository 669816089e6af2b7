"""The language in which a page speaks: Chinese or English, as the person has it."""

from typing import NamedTuple

from ecosystem.values.languages import TAGS, Language, language_of
from ecosystem.values.text import Text

__all__ = ["TAGS", "Language", "Said", "language_of", "name_of"]


class Said(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str

    def told(self, language: Language, **parts: str) -> str:
        """Return it in one language, with its blanks filled."""
        return (self.zh if language == "zh" else self.en).format(**parts)


def name_of(text: Text, language: Language) -> str:
    """Return a name in one language, or in the other where it has none there."""
    first, second = (text.zh, text.en) if language == "zh" else (text.en, text.zh)
    return str(first or second)
