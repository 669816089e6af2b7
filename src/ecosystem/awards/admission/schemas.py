"""How an admission is answered."""

from ecosystem.awards.admission.model import Undecided
from ecosystem.runtime.web import Standing
from ecosystem.values.identifiers import OfferId


class AdmissionStanding(Standing, frozen=True, kw_only=True):
    """Where the need stands, which offers were admitted, and what remains to be decided."""

    admitted: tuple[OfferId, ...]
    undecided: tuple[Undecided, ...]
    """The offers against which something speaks, with what it is; exclude them."""
