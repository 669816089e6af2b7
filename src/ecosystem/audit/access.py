"""Who may search the events of a jurisdiction, see that somebody did, and write findings."""

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
_AUDITORS: Final = (OrganisationKind.AUDITOR,)
FIND: Final = Permit(
    act="write a finding", scope="findings:write", roles=(Role.AUDITOR,), person=True,
    kinds=_AUDITORS, verified=True, relation="auditors of the jurisdiction",
)  # fmt: skip
READ_FINDINGS: Final = Permit(
    act="read findings", scope="findings:read",
    relation="parties of the contract, authority, auditors of the jurisdiction",
)  # fmt: skip
REPLY: Final = Permit(
    act="reply to a finding", scope="findings:write", person=True,
    roles=(Role.OFFICER, Role.DELIVERY, Role.VERIFIER, Role.LENDER, Role.SIGNATORY),
    relation="party of the contract", state="open, or to be looked at again",
)  # fmt: skip
CONCLUDE: Final = Permit(
    act="conclude a finding", scope="findings:write", roles=(Role.AUDITOR,), person=True,
    kinds=_AUDITORS, verified=True, relation="who wrote it",
    state="open, replied to or its time over",
)  # fmt: skip
FOLLOW_UP: Final = Permit(
    act="follow a finding up", scope="findings:write", roles=(Role.AUDITOR,), person=True,
    kinds=_AUDITORS, verified=True, relation="who wrote it",
    state="concluded, its day come",
)  # fmt: skip
