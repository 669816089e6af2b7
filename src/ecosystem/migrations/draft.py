"""Write the first step's SQL anew from the tables: `python -m ecosystem.migrations.draft`."""

from pathlib import Path

from ecosystem.migrations import schema
from ecosystem.migrations.metadata import metadata

FIRST = Path(__file__).parent / "versions" / "0001_initial.sql"
_BETWEEN = ";\n-- next\n"


def text() -> str:
    """Return the SQL that makes the whole schema from nothing."""
    return (
        "\n".join(
            line.rstrip()
            for line in _BETWEEN.join(
                one.strip() for one in schema.statements(metadata)
            ).splitlines()
        )
        + "\n"
    )


if __name__ == "__main__":
    FIRST.write_text(text(), encoding="utf-8")
