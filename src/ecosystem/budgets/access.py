"""Who may do what with budgets."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

READ: Final = Permit(act="read budget programmes")
OPEN: Final = Permit(
    act="open a budget programme", scope="budgets:write", roles=(Role.TREASURER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority",
)  # fmt: skip
APPROPRIATE: Final = Permit(
    act="appropriate money to a programme", scope="budgets:write", roles=(Role.TREASURER,),
    verified=True, kinds=(OrganisationKind.GOVERNMENT,), relation="authority",
)  # fmt: skip
PROPOSE_SHIFT: Final = Permit(
    act="propose to shift what a programme has left", scope="budgets:write",
    roles=(Role.TREASURER,), person=True, verified=True, kinds=(OrganisationKind.GOVERNMENT,),
    relation="authority",
)  # fmt: skip
APPROVE_SHIFT: Final = Permit(
    act="approve a shift of what a programme has left", scope="budgets:write",
    roles=(Role.APPROVER,), person=True, step_up=True, verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority; not who proposed it",
    state="proposed",
)  # fmt: skip
REJECT_SHIFT: Final = Permit(
    act="reject a shift of what a programme has left", scope="budgets:write",
    roles=(Role.APPROVER,), person=True, kinds=(OrganisationKind.GOVERNMENT,),
    relation="authority; not who proposed it", state="proposed",
)  # fmt: skip
READ_TRANSFERS: Final = Permit(
    act="read what has moved a programme's money", scope="budgets:read",
    relation="authority, auditor of the jurisdiction",
)  # fmt: skip
