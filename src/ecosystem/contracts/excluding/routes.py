"""What an excluded member says, over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.contracts import access
from ecosystem.contracts.changes.rules import ChangeMissing
from ecosystem.contracts.excluding import actions, rules
from ecosystem.contracts.excluding.model import ExclusionDispute, MemberReply
from ecosystem.contracts.rules import ContractMissing
from ecosystem.runtime.web import Call, Standing, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contract-changes/{change_id:str}/reply",
    permit=access.REPLY_TO_EXCLUSION,
    answers=Standing,
    changes=True,
    refuses=(
        ChangeMissing, ContractMissing, RevisionStale, rules.NotExcludedMember,
        rules.ExclusionDecided,
    ),
)  # fmt: skip
async def reply_to_exclusion(
    request: Call, change_id: FromPath[str], data: JSONBody[MemberReply]
) -> Response[bytes]:
    """Reply to one's own exclusion.

    The member that a change excludes says what it thinks of that, once, before it is decided;
    all parties read it. Until it has, or `exclusion.reply_by` is over, nobody approves the change.
    """
    now = await actions.reply(
        request.tx, change_id, data.reply, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/contract-changes/{change_id}")


@post(
    "/v1/contract-changes/{change_id:str}/dispute",
    permit=access.DISPUTE_EXCLUSION,
    answers=Standing,
    changes=True,
    refuses=(
        ChangeMissing, ContractMissing, RevisionStale, rules.NotExcludedMember,
        rules.ExclusionUndecided,
    ),
)  # fmt: skip
async def dispute_exclusion(
    request: Call, change_id: FromPath[str], data: JSONBody[ExclusionDispute]
) -> Response[bytes]:
    """Dispute one's own exclusion.

    Once it is approved, the member says why it does not accept it and before whom it takes it:
    a court, a board, a tribunal. That stands with the change for everyone who reads it; the
    exclusion holds until whoever judges says otherwise.
    """
    now = await actions.dispute(
        request.tx, change_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/contract-changes/{change_id}")


ROUTES = (reply_to_exclusion, dispute_exclusion)
