"""All tables of all rooms, loaded: what the schema is made from, and compared with."""

from importlib import import_module
from pathlib import Path
from typing import Final

from ecosystem.runtime import idempotency
from ecosystem.runtime.database import metadata as _metadata

_PACKAGE: Final = Path(__file__).parents[1]
_FOLDERS: Final = sorted(
    ".".join(file.parent.relative_to(_PACKAGE).parts) for file in _PACKAGE.rglob("*/tables.py")
)

for _folder in _FOLDERS:
    import_module(f"ecosystem.{_folder}.tables")

metadata: Final = _metadata
ground: Final = (idempotency.stored_answer,)
