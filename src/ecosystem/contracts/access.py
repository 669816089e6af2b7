"""Who may do what with contracts and their documents."""

from typing import Final

from ecosystem.values.actor import BIDDERS, OrganisationKind, Role
from ecosystem.values.permit import Permit

FORMS: Final = Permit(act="read standard-form contracts")
READ_HISTORY: Final = Permit(
    act="read the history of a contract", scope="history:read",
    relation="parties, authority, auditors of the jurisdiction",
)  # fmt: skip
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
CALL: Final = Permit(
    act="call upon a winner to sign", scope="contracts:write", roles=(Role.OFFICER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority", state="draft",
)  # fmt: skip
DECLINE: Final = Permit(
    act="decline an award", scope="contracts:sign", roles=(Role.SIGNATORY,), person=True,
    step_up=True, kinds=BIDDERS, relation="lead of the awarded offer, not who awarded it",
    state="award final, not signed",
)  # fmt: skip
LAPSE: Final = Permit(
    act="let an award lapse that nobody signs", scope="awards:write", roles=(Role.APPROVER,),
    person=True, step_up=True, kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="authority, not who proposed or called", state="award final, `sign_by` over",
)  # fmt: skip
_SUPPLIES: Final = (Role.DELIVERY, Role.SIGNATORY)
_SIDES: Final = (Role.OFFICER, *_SUPPLIES)
PROPOSE_VALUES: Final = Permit(
    act="propose values for the draft of a contract", scope="contracts:write", roles=_SIDES,
    person=True, verified=True, relation="authority, by an officer; or supplier", state="draft",
)  # fmt: skip
READ_PROPOSALS: Final = Permit(
    act="read how a contract was negotiated", scope="contracts:read",
    relation="parties, authority, auditors of the jurisdiction",
)  # fmt: skip
REPLY_TO_PROPOSAL: Final = Permit(
    act="reply to a proposal for the draft of a contract", scope="contracts:write",
    roles=_SIDES, person=True, verified=True, relation="the side that did not propose it",
    state="proposed",
)  # fmt: skip
WITHDRAW_PROPOSAL: Final = Permit(
    act="withdraw a proposal for the draft of a contract", scope="contracts:write", roles=_SIDES,
    person=True, relation="who proposed it", state="proposed",
)  # fmt: skip
READ_CHANGES: Final = Permit(
    act="read changes of contracts",
    relation="any; a proposal only parties and auditors, with contracts:read",
)
PROPOSE_CHANGE: Final = Permit(
    act="propose a change of a contract", scope="contracts:write", roles=_SIDES, person=True,
    verified=True, relation="authority, by an officer; or supplier", state="active",
)  # fmt: skip
SIGN_CHANGE: Final = Permit(
    act="sign a change of a contract", scope="contracts:sign", roles=(Role.SIGNATORY,),
    person=True, step_up=True, verified=True, relation="party to the new terms",
    state="proposed",
)  # fmt: skip
APPROVE_CHANGE: Final = Permit(
    act="approve a change that substitutes a member", scope="contracts:write",
    roles=(Role.APPROVER,), person=True, step_up=True, kinds=(OrganisationKind.GOVERNMENT,),
    verified=True, relation="authority, not who proposed", state="proposed",
)  # fmt: skip
REPLY_TO_EXCLUSION: Final = Permit(
    act="reply to one's own exclusion", scope="contracts:write", roles=_SUPPLIES, person=True,
    relation="member that a change excludes", state="proposed",
)  # fmt: skip
DISPUTE_EXCLUSION: Final = Permit(
    act="dispute one's own exclusion", scope="contracts:write", roles=_SUPPLIES, person=True,
    relation="member that a change excludes", state="approved",
)  # fmt: skip
WITHDRAW_CHANGE: Final = Permit(
    act="withdraw a change of a contract", scope="contracts:write", roles=_SIDES, person=True,
    relation="who proposed it", state="proposed",
)  # fmt: skip
REJECT_CHANGE: Final = Permit(
    act="reject a change of a contract", scope="contracts:write", roles=(Role.SIGNATORY,),
    person=True, relation="party to the new terms", state="proposed",
)  # fmt: skip
READ_TURNS: Final = Permit(
    act="read turns of contracts",
    relation="any; a proposal only parties and auditors, with contracts:read",
)
READ_RIGHTS: Final = Permit(
    act="read rights to end contracts", scope="contracts:read",
    relation="parties, authority, auditors of the jurisdiction",
)  # fmt: skip
PROPOSE_TURN: Final = Permit(
    act="propose a turn of a contract", scope="contracts:write", roles=_SIDES, person=True,
    verified=True, relation="authority, by an officer; of a termination also supplier",
    state="active or suspended",
)  # fmt: skip
REPLY_TO_TURN: Final = Permit(
    act="reply to a termination", scope="contracts:write", roles=_SIDES, person=True,
    relation="the side that did not propose it", state="proposed",
)  # fmt: skip
APPROVE_TURN: Final = Permit(
    act="approve a turn of a contract", scope="contracts:write",
    roles=(Role.APPROVER, Role.SIGNATORY), person=True, step_up=True, verified=True,
    relation="authority, by an approver; or supplier, by a signatory", state="proposed",
)  # fmt: skip
WITHDRAW_TURN: Final = Permit(
    act="withdraw a turn of a contract", scope="contracts:write", roles=_SIDES, person=True,
    relation="who proposed it", state="proposed",
)  # fmt: skip
FILE: Final = Permit(
    act="file a document of a contract", scope="documents:write", verified=True, relation="party"
)
UPLOAD: Final = Permit(
    act="upload a document of a contract in parts", scope="documents:write", verified=True,
    relation="who began the upload", state="open",
)  # fmt: skip
READ_UPLOAD: Final = Permit(
    act="read how far an upload has come", scope="documents:write",
    relation="who began the upload",
)  # fmt: skip
LINK: Final = Permit(
    act="make an address from which a document is downloaded", scope="documents:read",
    relation="parties, and auditors of the jurisdiction",
)  # fmt: skip
DOWNLOAD: Final = Permit(
    act="download a document from its signed address", relation="whoever has the address"
)
REDACT: Final = Permit(
    act="redact a document of a contract", scope="documents:write",
    roles=(Role.OFFICER, Role.DELIVERY, Role.VERIFIER, Role.LENDER, Role.SIGNATORY), person=True,
    step_up=True, relation="who filed it",
)  # fmt: skip
READ_DOCUMENTS: Final = Permit(
    act="read the documents of a contract", scope="documents:read",
    relation="parties, and auditors of the jurisdiction",
)  # fmt: skip
