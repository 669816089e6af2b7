"""What the deep tests share with the others: the world that is searched."""

from tests.api.conftest import search

__all__ = ["search"]
