"""What the deep tests share with the others: the world that is searched, and the journey."""

from tests.api.conftest import search
from tests.journeys.conftest import abroad, journey
from tests.serving.conftest import grounds, place, seeded, serve

__all__ = ["abroad", "grounds", "journey", "place", "search", "seeded", "serve"]
