"""Who may do what with contracts and their documents."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

FORMS: Final = Permit(act="read standard-form contracts")
READ: Final = Permit(
    act="read contracts",
    relation="any; a draft only its parties and auditors, with contracts:read",
)
DRAFT: Final = Permit(
    act="draft a contract", scope="contracts:write", roles=(Role.OFFICER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority of the award",
    state="award final",
)  # fmt: skip
SIGN: Final = Permit(
    act="sign a contract", scope="contracts:sign", roles=(Role.SIGNATORY,), person=True,
    step_up=True, verified=True, relation="party", state="draft",
)  # fmt: skip
FILE: Final = Permit(
    act="file a document of a contract", scope="documents:write", verified=True, relation="party"
)
READ_DOCUMENTS: Final = Permit(
    act="read the documents of a contract", scope="documents:read",
    relation="parties, and auditors of the jurisdiction",
)  # fmt: skip
