"""What a class says of its attributes: the docstrings that stand below them in its source."""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise


@cache
def manual(type_: type) -> dict[str, str]:
    """Return what is said of each attribute of `type_` and of the classes it extends.

    A text is one paragraph a line. Attributes that say nothing are left out.
    """
    found: dict[str, str] = {}
    for one in reversed(type_.__mro__):
        if one.__module__.startswith("ecosystem."):
            found |= _said(one)
    return found


def _said(type_: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(type_)))
    except (OSError, TypeError):
        return {}
    (declared,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    found: dict[str, str] = {}
    for attribute, below in pairwise(declared.body):
        match attribute, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = _paragraphs(text)
            case _:
                pass
    return found


def _paragraphs(text: str) -> str:
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n".join(" ".join(part.split()) for part in parts)
