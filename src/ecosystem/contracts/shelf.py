"""The shipped standard-form contracts, read and checked."""

from ecosystem.catalogue.shelf import documents
from ecosystem.contracts import forms
from ecosystem.contracts.form_shapes import Form

__all__ = ["documents", "shipped"]


def shipped() -> tuple[Form, ...]:
    """Return every shipped form, in the order of their file names.

    Effects: reads files, as `documents` does. Refuses with FormFaulty.
    """
    return tuple(forms.parse(text, name=name) for name, text in documents().items())
