"""Write what is generated from the code: the description of the API, and parts of docs/."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ecosystem import app
from ecosystem.cli import compatibility, events, picture, reference
from ecosystem.cli.saying import say
from ecosystem.cli.trouble import Trouble
from ecosystem.contracts import form_schema
from ecosystem.manual import describe

_OPENAPI: Final = "openapi/openapi.json"
_EXAMPLES: Final = "openapi/examples.json"
_RELEASED: Final = "openapi/released.json"
_ROOT: Final = Path(__file__).parents[3]
_MADE: Final = "<!-- Written by `ecosystem docs` from the code; change the code instead. -->"


def openapi(parsed: argparse.Namespace) -> int:
    """Write the description, or with `--check` only compare; 1 where it differs or breaks."""
    root = checkout()
    document = description(root)
    code = keep({_OPENAPI: pretty(document)}, root=root, check=parsed.check)
    broken = would_break(document, root=root)
    for one in broken:
        say(f"would break clients of the released description: {one}")
    return 1 if broken else code


def docs(parsed: argparse.Namespace) -> int:
    """Write the generated documents, or with `--check` only compare; 1 where one differs."""
    root = checkout()
    return keep(documents(root), root=root, check=parsed.check)


def description(root: Path) -> dict[str, Any]:
    """Return the description of all routes, with the examples recorded below `root`."""
    operations = describe.operations_of(app.ROUTES)
    return describe.description(operations, examples=_read(root / _EXAMPLES))


def would_break(document: Mapping[str, Any], *, root: Path) -> list[str]:
    """Return what would break a client of the description that was last released, if any was."""
    released = _read(root / _RELEASED)
    return compatibility.breaks(released, document) if released else []


def documents(root: Path) -> dict[str, str]:
    """Return every generated document by its path below `root`."""
    operations = describe.operations_of(app.ROUTES)
    document = description(root)
    recorded = events.types(root / "src")
    made = {
        "settings": reference.settings_page(),
        "permissions": reference.permissions_page(operations),
        "operations": reference.operations_page(document),
        "problems": reference.problems_page(describe.problem_types(operations)),
        "events": events.page(recorded),
        "decisions": reference.decisions_page(_decisions(root)),
        "rooms": picture.rooms_page(root / "pyproject.toml", operations),
    }
    pages = {f"docs/reference/{name}.md": f"{_MADE}\n\n{text}" for name, text in made.items()}
    return {
        **pages,
        "src/ecosystem/history/types.py": events.module(recorded),
        "docs/formats/payment-rules.schema.json": form_schema.rules_schema(),
        "contracts/form.schema.json": form_schema.schema().decode(),
    }


def keep(files: Mapping[str, str], *, root: Path, check: bool) -> int:
    """Write `files` below `root`, or only compare and name each that differs; 1 where one does."""
    differing = [path for path, text in sorted(files.items()) if _text(root / path) != text]
    for path in differing:
        if check:
            say(f"{path} is not what the code says; run `ecosystem openapi` and `ecosystem docs`.")
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8", newline="\n")
            say(f"{path} is written.")
    return 1 if check and differing else 0


def pretty(document: object) -> str:
    """Return JSON as it is committed: sorted, indented, readable in any language."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def checkout() -> Path:
    """Return the folder of the project, or raise Trouble where there is only the package."""
    if not (_ROOT / "pyproject.toml").is_file():
        raise Trouble("This command writes into the project; run it from a checkout of it.")
    return _ROOT


def _decisions(root: Path) -> dict[str, str]:
    """Return the text of each decision by the name of its file, in the order of their numbers."""
    pages = sorted((root / "docs" / "decisions").glob("*.md"))
    return {page.name: page.read_text(encoding="utf-8") for page in pages}


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_bytes()) if file.exists() else {}
    return found


def _text(file: Path) -> str | None:
    return file.read_bytes().decode("utf-8", errors="replace") if file.exists() else None
