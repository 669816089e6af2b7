"""Where the shipped standard-form contracts are found: in the package, or in the checkout."""

from importlib import resources
from pathlib import Path
from typing import Final

from ecosystem.contracts import forms
from ecosystem.contracts.form_shapes import Form

_CHECKOUT: Final = Path(__file__).parents[3] / "contracts"


def documents() -> dict[str, bytes]:
    """Return the YAML of every shipped form by its file name, in the order of the names.

    Effects: reads files of the installed package, or of the checkout where the package
    was installed from it in place. FileNotFoundError where neither has them.
    """
    packed = resources.files("ecosystem.contracts") / "forms_data"
    folder = packed if packed.is_dir() else _CHECKOUT
    found = {item.name: item for item in folder.iterdir() if item.name.endswith(".yaml")}
    return {name: found[name].read_bytes() for name in sorted(found)}


def shipped() -> tuple[Form, ...]:
    """Return every shipped form, in the order of their file names.

    Effects: reads files, as `documents` does. Refuses with FormFaulty.
    """
    return tuple(forms.parse(text, name=name) for name, text in documents().items())
