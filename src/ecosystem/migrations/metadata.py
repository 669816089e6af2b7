"""All tables of all rooms, loaded: what the schema is made from, and compared with."""

from importlib import import_module
from pathlib import Path
from typing import Final

from ecosystem.runtime import idempotency
from ecosystem.runtime.database import metadata as _metadata

_ROOMS: Final = sorted(file.parent.name for file in Path(__file__).parents[1].glob("*/tables.py"))

for _room in _ROOMS:
    import_module(f"ecosystem.{_room}.tables")

metadata: Final = _metadata
ground: Final = (idempotency.stored_answer,)
