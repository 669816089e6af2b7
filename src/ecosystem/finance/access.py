"""Who may do what with facilities, drawdowns, assignments, repayments and disclosures."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

_LENDERS: Final = (OrganisationKind.FINANCIAL_INSTITUTION,)
_GOVERNMENT: Final = (OrganisationKind.GOVERNMENT,)
_BETWEEN: Final = "lender, borrower, authority of the contract, auditor of the jurisdiction"

READ: Final = Permit(act="read facilities", scope="payments:read", relation=_BETWEEN)
OFFER: Final = Permit(
    act="offer a facility", scope="payments:write", roles=(Role.LENDER,), kinds=_LENDERS,
    person=True, verified=True, relation="any; where it was awarded, its lender",
)  # fmt: skip
AGREE: Final = Permit(
    act="agree to a facility", scope="payments:write", roles=(Role.SIGNATORY,), person=True,
    step_up=True, verified=True, relation="borrower", state="offered",
)  # fmt: skip
REFUSE: Final = Permit(
    act="refuse a facility", scope="payments:write", roles=(Role.SIGNATORY, Role.LENDER),
    person=True, relation="lender or borrower", state="offered",
)  # fmt: skip
CLOSE: Final = Permit(
    act="close a facility", scope="payments:write", roles=(Role.LENDER,), kinds=_LENDERS,
    person=True, relation="lender", state="agreed",
)  # fmt: skip
DRAW: Final = Permit(
    act="request a drawdown", scope="payments:write", roles=(Role.DELIVERY,), person=True,
    verified=True, relation="borrower", state="agreed",
)  # fmt: skip
WITHDRAW: Final = Permit(
    act="withdraw a drawdown", scope="payments:write", roles=(Role.DELIVERY,),
    relation="borrower", state="requested or approved",
)  # fmt: skip
APPROVE: Final = Permit(
    act="approve a drawdown", scope="payments:write", roles=(Role.SIGNATORY,), kinds=_LENDERS,
    person=True, step_up=True, verified=True, relation="lender", state="requested",
)  # fmt: skip
TURN_DOWN: Final = Permit(
    act="refuse a drawdown", scope="payments:write", roles=(Role.SIGNATORY, Role.LENDER),
    kinds=_LENDERS, person=True, relation="lender", state="requested or approved",
)  # fmt: skip
DISBURSE: Final = Permit(
    act="disburse a drawdown", scope="payments:write", roles=(Role.LENDER,), kinds=_LENDERS,
    person=True, step_up=True, verified=True, relation="lender; not who approved it",
    state="approved",
)  # fmt: skip
RECEIVE: Final = Permit(
    act="record a repayment", scope="payments:write", roles=(Role.LENDER,), kinds=_LENDERS,
    relation="lender", state="agreed",
)  # fmt: skip
RESTATE: Final = Permit(
    act="restate a schedule of repayment", scope="payments:write", roles=(Role.LENDER,),
    kinds=_LENDERS, person=True, verified=True, relation="lender", state="disbursed",
)  # fmt: skip
ASSIGN: Final = Permit(
    act="assign what a contract will pay", scope="payments:write", roles=(Role.SIGNATORY,),
    person=True, step_up=True, verified=True, relation="borrower, of its own claims",
    state="agreed",
)  # fmt: skip
ACKNOWLEDGE: Final = Permit(
    act="acknowledge an assignment", scope="payments:write", roles=(Role.APPROVER,), person=True,
    step_up=True, kinds=_GOVERNMENT, verified=True, relation="authority of the contract",
    state="notified",
)  # fmt: skip
DECLINE: Final = Permit(
    act="refuse an assignment", scope="payments:write", roles=(Role.APPROVER,), person=True,
    kinds=_GOVERNMENT, relation="authority of the contract", state="notified",
)  # fmt: skip
RELEASE: Final = Permit(
    act="release an assignment", scope="payments:write", roles=(Role.LENDER,), kinds=_LENDERS,
    person=True, relation="assignee", state="notified or acknowledged",
)  # fmt: skip
DISCLOSE: Final = Permit(
    act="consent to disclosure", scope="payments:write", roles=(Role.SIGNATORY,), person=True,
    verified=True,
    relation="supplier; of those who supply together each for itself, also who has left",
)  # fmt: skip
REVOKE: Final = Permit(
    act="revoke a consent to disclosure", scope="payments:write", roles=(Role.SIGNATORY,),
    person=True, relation="supplier that gave it", state="given",
)  # fmt: skip
READ_DISCLOSURES: Final = Permit(
    act="read consents to disclosure", scope="payments:read",
    relation="supplier, lender, authority of the contract, auditor of the jurisdiction",
)  # fmt: skip
READ_DISCLOSED: Final = Permit(
    act="read what a supplier discloses", scope="payments:read", kinds=_LENDERS, verified=True,
    relation="lender to whom a consent stands",
)  # fmt: skip
