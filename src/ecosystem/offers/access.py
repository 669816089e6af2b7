"""Who may do what with offers."""

from typing import Final

from ecosystem.values.actor import BIDDERS, OrganisationKind, Role
from ecosystem.values.permit import PUBLIC, Permit

READ: Final = Permit(
    act="read offers", scope="offers:read",
    relation="member; from the opening on authority, evaluators without conflict, auditors",
)  # fmt: skip
DRAFT: Final = Permit(
    act="draft an offer", scope="offers:draft", roles=(Role.BIDDER,), kinds=BIDDERS,
    verified=True, relation="invited by the need", state="need published, until the deadline",
)  # fmt: skip
CONSENT: Final = Permit(
    act="consent to an offer", scope="offers:write", roles=(Role.BIDDER,), kinds=BIDDERS,
    verified=True, relation="member", state="until the deadline",
)  # fmt: skip
SUBMIT: Final = Permit(
    act="submit an offer", scope="offers:write", roles=(Role.BIDDER,), kinds=BIDDERS,
    verified=True, relation="lead", state="all have consented, until the deadline",
)  # fmt: skip
CONFIRM: Final = Permit(
    act="confirm an offer for an amended need", scope="offers:write", roles=(Role.BIDDER,),
    kinds=BIDDERS, verified=True, relation="lead", state="submitted, until the deadline",
)  # fmt: skip
WITHDRAW: Final = Permit(
    act="withdraw an offer", scope="offers:write", roles=(Role.BIDDER,), kinds=BIDDERS,
    relation="lead", state="until the deadline",
)  # fmt: skip
CHANGE_MEMBERS: Final = Permit(
    act="change the members of an offer", scope="offers:write", roles=(Role.BIDDER,),
    kinds=BIDDERS, verified=True, relation="lead", state="until the deadline",
)  # fmt: skip
LEAVE_OFFER: Final = Permit(
    act="leave an offer", scope="offers:write", roles=(Role.BIDDER,), kinds=BIDDERS,
    relation="member, not the lead", state="until the deadline",
)  # fmt: skip
PROPOSE_SUBSTITUTION: Final = Permit(
    act="propose to substitute a member of an offer", scope="offers:write", roles=(Role.BIDDER,),
    person=True, kinds=BIDDERS, verified=True, relation="lead",
    state="opened, until the evaluation",
)  # fmt: skip
CONSENT_TO_SUBSTITUTION: Final = Permit(
    act="consent to take a member's place", scope="offers:write", roles=(Role.BIDDER,),
    person=True, kinds=BIDDERS, verified=True, relation="who shall join", state="proposed",
)  # fmt: skip
APPROVE_SUBSTITUTION: Final = Permit(
    act="approve a substitution", scope="awards:write", roles=(Role.APPROVER,), person=True,
    step_up=True, kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="authority, not who proposed or consented", state="consented",
)  # fmt: skip
REJECT_SUBSTITUTION: Final = Permit(
    act="reject a substitution", scope="awards:write", roles=(Role.OFFICER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="proposed or consented",
)  # fmt: skip
WITHDRAW_SUBSTITUTION: Final = Permit(
    act="withdraw a substitution", scope="offers:write", roles=(Role.BIDDER,), person=True,
    kinds=BIDDERS, relation="lead, which proposed it", state="proposed or consented",
)  # fmt: skip
READ_SUBSTITUTION: Final = Permit(
    act="read a substitution", scope="offers:read",
    relation="member, who shall join, authority, auditors",
)  # fmt: skip
LIST: Final = Permit(
    act="list what is on record of a need's offers", scope="offers:read", relation="any",
    state="each sees what concerns it; from the opening on authority and auditors see all",
)  # fmt: skip
OPEN: Final = Permit(
    act="open a need's offers", scope="offers:open", roles=(Role.OPENER,), person=True,
    step_up=True, kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="named by the need as opener", state="closed, from `opening_at` on",
)  # fmt: skip
OPEN_PRICES: Final = Permit(
    act="open the financial parts of a need's offers", scope="offers:open", roles=(Role.OPENER,),
    person=True, step_up=True, kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="named by the need as opener", state="scores of quality frozen",
)  # fmt: skip
READ_OPENING: Final = PUBLIC
READ_KEYS: Final = PUBLIC
