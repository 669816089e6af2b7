"""Who may do what with assessments."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

_GOVERNMENT: Final = (OrganisationKind.GOVERNMENT,)

READ: Final = Permit(act="read assessments")
OPEN: Final = Permit(
    act="open an assessment of a year", scope="budgets:write", roles=(Role.OFFICER,),
    verified=True, kinds=_GOVERNMENT, relation="authority",
)  # fmt: skip
NAME_REVIEWER: Final = Permit(
    act="name another reviewer of an assessment", scope="budgets:write", roles=(Role.OFFICER,),
    verified=True, kinds=_GOVERNMENT, relation="authority", state="opened or self_assessed",
)  # fmt: skip
ASSESS: Final = Permit(
    act="assess a year of one's own", scope="budgets:write", roles=(Role.OFFICER,), person=True,
    verified=True, kinds=_GOVERNMENT, relation="authority", state="opened or self_assessed",
)  # fmt: skip
REVIEW: Final = Permit(
    act="review an assessment", scope="budgets:write",
    roles=(Role.AUDITOR, Role.REVIEWER, Role.VERIFIER), person=True, verified=True,
    kinds=(OrganisationKind.AUDITOR, OrganisationKind.THINK_TANK, OrganisationKind.GOVERNMENT),
    relation="the named reviewer; not the authority, no party to a contract of the programme",
    state="self_assessed",
)  # fmt: skip
PUBLISH: Final = Permit(
    act="publish an assessment", scope="budgets:write", roles=(Role.APPROVER,), person=True,
    step_up=True, verified=True, kinds=_GOVERNMENT, relation="authority; not who assessed",
    state="reviewed",
)  # fmt: skip
REPLY: Final = Permit(
    act="reply to the review of an assessment", scope="budgets:write", roles=(Role.OFFICER,),
    person=True, kinds=_GOVERNMENT, relation="authority", state="reviewed or published",
)  # fmt: skip
