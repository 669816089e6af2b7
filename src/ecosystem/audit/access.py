"""Who may search the events of a jurisdiction, and who sees that somebody did."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

SEARCH: Final = Permit(
    act="search the events of a jurisdiction", scope="history:read", roles=(Role.AUDITOR,),
    kinds=(OrganisationKind.AUDITOR,), verified=True,
    relation="auditors of the jurisdiction; never what is sealed",
)  # fmt: skip
EXPORT: Final = Permit(
    act="take the events of a jurisdiction away", scope="history:read", roles=(Role.AUDITOR,),
    kinds=(OrganisationKind.AUDITOR,), verified=True,
    relation="auditors of the jurisdiction; never what is sealed",
)  # fmt: skip
READINGS: Final = Permit(
    act="read what auditors have read", scope="history:read",
    roles=(Role.AUDITOR, Role.OPERATOR), verified=True,
    kinds=(OrganisationKind.AUDITOR, OrganisationKind.PLATFORM),
    relation="the operator; auditors of the jurisdiction that the reader is in",
)  # fmt: skip
