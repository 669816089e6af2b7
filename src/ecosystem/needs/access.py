"""Who may do what with needs."""

from typing import Final

from ecosystem.values.actor import BIDDERS, OrganisationKind, Role
from ecosystem.values.permit import Permit

READ: Final = Permit(act="read needs", relation="any; a draft only its authority", state="any")
DRAFT: Final = Permit(
    act="draft a need", scope="needs:draft", roles=(Role.OFFICER,),
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority",
)  # fmt: skip
CHANGE: Final = Permit(
    act="change the draft of a need", scope="needs:draft", roles=(Role.OFFICER,),
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="draft",
)  # fmt: skip
ATTACH: Final = Permit(
    act="add a file to a need", scope="needs:draft", roles=(Role.OFFICER,),
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="draft or published",
)  # fmt: skip
AMEND: Final = Permit(
    act="amend a published need", scope="needs:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="published",
)  # fmt: skip
CHECK: Final = Permit(
    act="check what a publication would say", scope="needs:read", roles=(Role.OFFICER,),
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority",
)  # fmt: skip
PUBLISH: Final = Permit(
    act="publish a need", scope="needs:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="draft",
)  # fmt: skip
CANCEL: Final = Permit(
    act="cancel a need", scope="needs:write", roles=(Role.OFFICER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="draft to evaluated",
)  # fmt: skip
ASK: Final = Permit(
    act="ask a question on a need", scope="needs:write", roles=(Role.BIDDER,), verified=True,
    kinds=BIDDERS, relation="any but the authority", state="published, until enquiries end",
)  # fmt: skip
ANSWER: Final = Permit(
    act="answer a question in public", scope="needs:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority",
)  # fmt: skip
CHALLENGE_KEY: Final = Permit(
    act="ask for a challenge to an opening key", scope="offers:open", roles=(Role.OPENER,),
    person=True, kinds=(OrganisationKind.GOVERNMENT,), relation="oneself",
)  # fmt: skip
SAVE_SEARCH: Final = Permit(
    act="keep searches for needs", scope="needs:read", relation="own organisation"
)
READ_SEARCHES: Final = Permit(
    act="read kept searches for needs", scope="needs:read", relation="own organisation"
)
REGISTER_KEY: Final = Permit(
    act="register one's opening key", scope="offers:open", roles=(Role.OPENER,), person=True,
    step_up=True, kinds=(OrganisationKind.GOVERNMENT,), relation="oneself",
)  # fmt: skip
