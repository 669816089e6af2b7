"""Who may do what with payments."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

_CONCERNED: Final = "payee, who is paid, authority, lender by consent, auditor of the jurisdiction"
_GOVERNMENT: Final = (OrganisationKind.GOVERNMENT,)

READ: Final = Permit(act="read payments", scope="payments:read", relation=_CONCERNED)
READ_CALCULATIONS: Final = Permit(
    act="read calculations", scope="payments:read",
    relation="parties to the contract, lender by consent, authority, auditor of the jurisdiction",
)  # fmt: skip
READ_SHORTFALLS: Final = Permit(
    act="read what contracts wait for money with", scope="payments:read",
    relation="authority, who supplies, auditor of the jurisdiction",
)  # fmt: skip
SIMULATE: Final = Permit(act="simulate payment rules", token=True)
SIMULATE_CONTRACT: Final = Permit(
    act="simulate what a contract pays", scope="payments:read",
    relation="parties to the contract, authority, auditor of the jurisdiction",
)  # fmt: skip
CLAIM: Final = Permit(
    act="claim a payment", scope="payments:write", roles=(Role.DELIVERY, Role.LENDER),
    verified=True, state="computed",
    relation="payee; of one that has left, also the lender to whom its claims are assigned",
)  # fmt: skip
APPROVE: Final = Permit(
    act="approve a payment", scope="payments:write", roles=(Role.APPROVER,), person=True,
    step_up=True, kinds=_GOVERNMENT, verified=True,
    relation="authority; not who claimed it; within her limit", state="claimed or returned",
)  # fmt: skip
LIMIT: Final = Permit(
    act="limit what an approver may approve", scope="payments:write", roles=(Role.TREASURER,),
    person=True, step_up=True, kinds=_GOVERNMENT, verified=True,
    relation="authority; not for oneself",
)  # fmt: skip
READ_LIMITS: Final = Permit(
    act="read approval limits", scope="payments:read", kinds=_GOVERNMENT, relation="authority"
)
REJECT: Final = Permit(
    act="reject a payment", scope="payments:write", roles=(Role.APPROVER,), person=True,
    kinds=_GOVERNMENT, relation="authority", state="computed or claimed",
)  # fmt: skip
DISPUTE: Final = Permit(
    act="dispute a part of a payment", scope="payments:write",
    roles=(Role.APPROVER, Role.DELIVERY), person=True, relation="authority or payee",
    state="computed or claimed",
)  # fmt: skip
DISPUTE_CALCULATION: Final = Permit(
    act="dispute a calculation as a whole", scope="payments:write",
    roles=(Role.APPROVER, Role.DELIVERY), person=True,
    relation="authority; or lead of those who supply", state="not superseded",
)  # fmt: skip
REPLY_TO_DEDUCTION: Final = Permit(
    act="reply to a deduction", scope="payments:write", roles=(Role.DELIVERY,), person=True,
    relation="payee", state="announced",
)  # fmt: skip
DECIDE_DEDUCTION: Final = Permit(
    act="decide on a deduction", scope="payments:write", roles=(Role.APPROVER,), person=True,
    kinds=_GOVERNMENT, verified=True, relation="authority; not whose act brought it",
    state="replied",
)  # fmt: skip
SETTLE_DISPUTE: Final = Permit(
    act="settle a dispute of a payment", scope="payments:write",
    roles=(Role.APPROVER, Role.DELIVERY), person=True, verified=True,
    relation="authority or payee; not who proposed it", state="open",
)  # fmt: skip
PAY_INTEREST: Final = Permit(
    act="make late interest payable", scope="payments:write", roles=(Role.TREASURER,),
    person=True, kinds=_GOVERNMENT, verified=True, relation="authority", state="settled late",
)  # fmt: skip
INSTRUCT: Final = Permit(
    act="instruct the bank to pay", scope="payments:write", roles=(Role.TREASURER,), person=True,
    step_up=True, kinds=_GOVERNMENT, verified=True, relation="authority; not who approved it",
    state="approved",
)  # fmt: skip
SETTLE: Final = Permit(
    act="record that the bank has paid", scope="payments:write", roles=(Role.TREASURER,),
    kinds=_GOVERNMENT, relation="authority", state="instructed",
)  # fmt: skip
ORDER: Final = Permit(
    act="make a file of payments for the bank", scope="payments:write", roles=(Role.TREASURER,),
    person=True, step_up=True, kinds=_GOVERNMENT, verified=True, relation="authority",
    state="instructed",
)  # fmt: skip
READ_BANK: Final = Permit(
    act="read what went to the bank and what came back", scope="payments:read",
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.AUDITOR),
    relation="authority, auditor of the jurisdiction",
)  # fmt: skip
REPORT: Final = Permit(
    act="take in a report of the bank", scope="payments:write", roles=(Role.TREASURER,),
    kinds=_GOVERNMENT, relation="authority",
)  # fmt: skip
RESOLVE: Final = Permit(
    act="resolve an item that matches no payment", scope="payments:write",
    roles=(Role.TREASURER,), person=True, kinds=_GOVERNMENT, relation="authority",
    state="unmatched",
)  # fmt: skip
RECEIVE: Final = Permit(
    act="confirm the receipt of a payment", scope="payments:write",
    roles=(Role.DELIVERY, Role.LENDER), relation="who is paid", state="settled",
)  # fmt: skip
