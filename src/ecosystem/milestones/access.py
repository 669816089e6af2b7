"""Who may do what with milestones."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

_CONCERNED: Final = "parties, authority, auditors of the jurisdiction"

READ: Final = Permit(act="read milestones", scope="milestones:read", relation=_CONCERNED)
READ_HISTORY: Final = Permit(
    act="read the history of a milestone", scope="history:read", relation=_CONCERNED
)
SUBMIT: Final = Permit(
    act="submit a milestone", scope="milestones:write", roles=(Role.DELIVERY,), person=True,
    verified=True, relation="supplier", state="planned, rejected, accepted in part",
)  # fmt: skip
JUDGE: Final = Permit(
    act="accept or reject a milestone", scope="milestones:write", roles=(Role.OFFICER,),
    kinds=(OrganisationKind.GOVERNMENT,), person=True, verified=True, relation="authority",
    state="submitted",
)  # fmt: skip
EXAMINE: Final = Permit(
    act="verify a milestone", scope="milestones:write", roles=(Role.VERIFIER,),
    kinds=(OrganisationKind.THINK_TANK,), person=True, verified=True, relation="verifier",
    state="submitted",
)  # fmt: skip
