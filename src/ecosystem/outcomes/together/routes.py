"""The verification of many observations over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.outcomes import access
from ecosystem.outcomes import rules as outcomes
from ecosystem.outcomes.together import actions, rules
from ecosystem.outcomes.together.model import Together, Verification
from ecosystem.runtime.web import Call, post


@post(
    "/v1/metrics/{metric_id:str}/verifications",
    permit=access.VERIFY,
    answers=Verification,
    refuses=(
        outcomes.MetricMissing, outcomes.NotVerifier, rules.PaysByItself, rules.NothingReported,
        outcomes.OwnReport, outcomes.PeriodVerified,
    ),
)  # fmt: skip
async def verify_observations(
    request: Call, metric_id: FromPath[str], data: JSONBody[Together]
) -> Response[bytes]:
    """Verify all that is reported of a metric in some days, or nothing.

    For a metric whose windows are shorter than its period: what is verified here counts in its
    aggregates, and pays nothing by itself. What is disputed, or corrects another, is left out.
    """
    made = await actions.verify(request.tx, metric_id, data, by=request.by, at=request.at)
    return request.answer(made)


ROUTES = (verify_observations,)
