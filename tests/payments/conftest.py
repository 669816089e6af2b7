"""After each of these tests the books are sound."""

from tests.sound import sound_books

__all__ = ["sound_books"]
