"""The verification of milestones over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.milestones import access
from ecosystem.milestones.rules import MilestoneMissing
from ecosystem.milestones.verifying import actions, rules
from ecosystem.milestones.verifying.model import Examination
from ecosystem.runtime.web import Call, Standing, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/milestones/{milestone_id:str}/verification",
    permit=access.EXAMINE,
    answers=Standing,
    changes=True,
    refuses=(
        MilestoneMissing, RevisionStale, rules.NotExaminer, rules.NothingToVerify,
        rules.VerifiesOwnSubmission, rules.ReportUnknown,
    ),
)  # fmt: skip
async def verify_milestone(
    request: Call, milestone_id: FromPath[str], data: JSONBody[Examination]
) -> Response[bytes]:
    """Verify a milestone, as the contract's verifier.

    Where the terms ask for it (`verification_asked`), the authority can accept a submission
    only once the verifier has confirmed it, with a report that it has filed under the
    contract. What the verifier refuses to confirm, the authority rejects.
    """
    now = await actions.examine(
        request.tx, milestone_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/milestones/{milestone_id}")


ROUTES = (verify_milestone,)
