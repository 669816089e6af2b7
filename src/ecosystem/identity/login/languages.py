"""The language in which a page speaks: Chinese or English, as the person has it."""

from typing import Final, Literal, NamedTuple

from ecosystem.values.text import Text

Language = Literal["zh", "en"]
TAGS: Final = {"zh": "zh-Hans", "en": "en"}
"""Each language as HTML names it (BCP 47)."""


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


def language_of(*preferences: str | None) -> Language:
    """Return the language that is preferred: of each list the first that we speak, or English.

    A list is `ui_locales` (OpenID Connect, spaces between) or Accept-Language (RFC 9110).
    """
    for listed in preferences:
        for tag in (listed or "").replace(",", " ").lower().split():
            if tag.startswith("zh"):
                return "zh"
            if tag.startswith("en"):
                return "en"
    return "en"
