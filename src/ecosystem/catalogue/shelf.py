"""Where the shipped standard-form contracts are found, and what they are called."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from ecosystem.values.yaml_tree import read

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


@cache
def names() -> frozenset[tuple[str, str]]:
    """Return identifier and version of every shipped form; read once, when first asked for."""
    trees = [read(text).value for text in documents().values()]
    return frozenset(
        (str(one["id"]), str(one["version"])) for one in trees if isinstance(one, dict)
    )
