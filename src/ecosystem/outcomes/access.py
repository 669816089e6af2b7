"""Who may do what with metrics and observations."""

from typing import Final

from ecosystem.outcomes.model import READS
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

READ: Final = Permit(
    act="read metrics and observations", scope=READS,
    relation="parties, authority, auditors of the jurisdiction",
)  # fmt: skip
READ_HISTORY: Final = Permit(
    act="read the history of a metric or an observation", scope="history:read",
    relation="parties, authority, auditors of the jurisdiction",
)  # fmt: skip
REPORT: Final = Permit(
    act="report an observation", scope="outcomes:write", roles=(Role.DELIVERY, Role.OFFICER),
    verified=True, relation="supplier by its delivery, authority by its officer",
)  # fmt: skip
VERIFY: Final = Permit(
    act="verify or annul an observation", scope="outcomes:write", roles=(Role.VERIFIER,),
    kinds=(OrganisationKind.THINK_TANK,), person=True, verified=True,
    relation="verifier, never of the reporting organisation",
    state="reported or disputed",
)  # fmt: skip
EXCUSE: Final = Permit(
    act="ask to have a time excused", scope="outcomes:write", person=True, verified=True,
    roles=(Role.DELIVERY, Role.OFFICER),
    relation="supplier by its delivery, authority by its officer",
)  # fmt: skip
DECIDE: Final = Permit(
    act="decide whether a time is excused", scope="outcomes:write", person=True, verified=True,
    roles=(Role.OFFICER, Role.DELIVERY, Role.VERIFIER),
    relation="authority, supplier or verifier, never of the organisation that asked",
    state="asked",
)  # fmt: skip
DISPUTE: Final = Permit(
    act="dispute an observation", scope="outcomes:write", person=True,
    roles=(Role.OFFICER, Role.DELIVERY, Role.LENDER),
    relation="party but the verifier, never of the reporting organisation", state="reported",
)  # fmt: skip
