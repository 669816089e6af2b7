"""What the deep tests share with the others: the world that is searched, and the journey."""

from tests.api.conftest import search
from tests.journeys.conftest import abroad, journey

__all__ = ["abroad", "journey", "search"]
