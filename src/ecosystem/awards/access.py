"""Who may do what with evaluations and awards."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import PUBLIC, Permit

READ: Final = PUBLIC
APPOINT: Final = Permit(
    act="appoint evaluators", scope="awards:write", roles=(Role.OFFICER,),
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority",
    state="published to opened",
)  # fmt: skip
DECLARE: Final = Permit(
    act="declare a conflict of interest or none", scope="awards:write", roles=(Role.EVALUATOR,),
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.THINK_TANK), person=True,
    relation="appointed by the authority",
)  # fmt: skip
SCORE: Final = Permit(
    act="score an offer", scope="awards:write", roles=(Role.EVALUATOR,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.THINK_TANK), person=True,
    relation="appointed, has declared no conflict", state="opened",
)  # fmt: skip
EVALUATE: Final = Permit(
    act="compute the evaluation", scope="awards:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="opened, scored",
)  # fmt: skip
PROPOSE: Final = Permit(
    act="propose an award", scope="awards:write", roles=(Role.OFFICER,), person=True, step_up=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority", state="evaluated",
)  # fmt: skip
APPROVE: Final = Permit(
    act="approve an award", scope="awards:write", roles=(Role.APPROVER,), person=True, step_up=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="authority, not who proposed", state="proposed",
)  # fmt: skip
