"""Winners that do not sign, over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.awards.rules import (
    AwardCancelled,
    AwardMissing,
    AwardSuspended,
    NotAuthority,
    StandstillRunning,
)
from ecosystem.contracts import access
from ecosystem.contracts.declining import actions, rules
from ecosystem.contracts.rules import (
    AwardContracted,
    ContractCancelled,
    ContractInForce,
    ContractMissing,
    ProposalOpen,
)
from ecosystem.needs.model import Reason
from ecosystem.runtime.web import Call, Standing, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contracts/{contract_id:str}/signature-call",
    permit=access.CALL,
    answers=Standing,
    changes=True,
    refuses=(
        ContractMissing, RevisionStale, NotAuthority, ContractCancelled, ContractInForce,
        ProposalOpen, rules.WinnerSigned, rules.CalledBefore,
    ),
)  # fmt: skip
async def call_to_sign(
    request: Call, contract_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Call upon who won to sign a draft.

    From now on the winner has the time that the rules of the place give: the draft bears it as
    `sign_by`, and all parties learn of it. When it has passed and a member of the awarded offer
    has not signed, the award may lapse. A draft that is worded anew may be called for anew.
    """
    now = await actions.call(
        request.tx, contract_id, data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/contracts/{contract_id}")


@post(
    "/v1/awards/{award_id:str}/declination",
    permit=access.DECLINE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        AwardMissing, RevisionStale, rules.NotWinner, rules.AwarderDeclines, AwardCancelled,
        AwardSuspended, StandstillRunning, AwardContracted, rules.WinnerSigned,
    ),
)  # fmt: skip
async def decline_award(
    request: Call, award_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Decline a final award, for the lead of the offer that won it.

    It cannot be taken back, and everybody reads the reason. The award is `cancelled` with the
    lapse `declined`, its drafts end, the budget has its commitment back, and the next offer in
    the ranking may be awarded. Who has signed a draft declines no more, and who proposed or
    approved the award for the authority declines for nobody.
    """
    now = await actions.decline(
        request.tx, award_id, data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/awards/{award_id}")


@post(
    "/v1/awards/{award_id:str}/lapse",
    permit=access.LAPSE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        AwardMissing, RevisionStale, NotAuthority, AwardCancelled, AwardSuspended,
        StandstillRunning, AwardContracted, rules.WinnerSigned, rules.WinnerNotCalled,
        rules.CallerLapses, rules.SigningAwaited,
    ),
)  # fmt: skip
async def let_award_lapse(
    request: Call, award_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Let a final award lapse whose winner was called to sign, and has not in its time.

    For an approver who neither proposed the award nor called upon the winner. Everybody reads
    the reason. The award is `cancelled` with the lapse `unsigned`; what follows is as where the
    winner declines.
    """
    now = await actions.lapse(
        request.tx, award_id, data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/awards/{award_id}")


ROUTES = (call_to_sign, decline_award, let_award_lapse)
