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
