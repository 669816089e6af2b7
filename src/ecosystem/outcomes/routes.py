"""Metrics and observations over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing, NotConcerned, NotParty
from ecosystem.history.past import rules as past
from ecosystem.history.past.answers import UNCLEAR, AsOf, ValidAt
from ecosystem.outcomes import access, actions, queries, rules
from ecosystem.outcomes.model import Metric, Observation, Reason, Report
from ecosystem.outcomes.past import queries as remembered
from ecosystem.outcomes.sampling import SampleUnfit
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@get(
    "/v1/contracts/{contract_id:str}/metrics",
    permit=access.READ,
    answers=Page[Metric],
    refuses=(ContractMissing, NotConcerned),
)
async def list_metrics(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the metrics of a contract.

    For its parties, its authority, and the auditors of the jurisdiction.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.METRICS, cursor=cursor, limit=limit, contract_id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/metrics/{metric_id:str}",
    permit=access.READ,
    answers=Metric,
    refuses=(rules.MetricMissing, *UNCLEAR),
)
async def read_metric(
    request: Call,
    metric_id: FromPath[str],
    as_of: FromQuery[AsOf | None] = None,
    valid_at: FromQuery[ValidAt | None] = None,
) -> Response[bytes]:
    """Read a metric: what is measured, how, and how it is verified.

    `as_of` and `valid_at` ask how it was. Whoever may read it today may read its past, which
    has no ETag.
    """
    if (asked := past.asked(as_of, valid_at, now=request.at)) is not None:
        return request.answer(
            await remembered.metric_past(request.tx, metric_id, seen_by=request.by, asked=asked)
        )
    row = await queries.metric_view(request.tx, metric_id, seen_by=request.by)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/metrics/{metric_id:str}/observations",
    permit=access.REPORT,
    answers=Standing,
    refuses=(
        rules.MetricMissing, rules.NotReporter, rules.ProgramUnfit, rules.PeriodUnfit,
        rules.PartsUnfit, SampleUnfit, rules.ObservationDiffers,
        rules.NothingToCorrect, rules.NotOwnReport,
    ),
)  # fmt: skip
async def report_observation(
    request: Call, metric_id: FromPath[str], data: JSONBody[Report]
) -> Response[bytes]:
    """Report what was observed of a metric in a period.

    One value stands for a metric, a period and a source. The same value again is answered
    with the first report, so that a machine may repeat itself; another value is refused,
    unless it names in `supersedes` the observation that it corrects. A correction does not
    touch what was verified before it is verified itself.
    """
    made = await actions.report(request.tx, metric_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/observations/{made.id}")


@get(
    "/v1/metrics/{metric_id:str}/observations",
    permit=access.READ,
    answers=Page[Observation],
    refuses=(rules.MetricMissing,),
)
async def list_observations(
    request: Call,
    metric_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the observations of a metric, those superseded and void among them."""
    await queries.metric_view(request.tx, metric_id, seen_by=request.by)
    return await paging.page(
        request, request.tx, queries.OBSERVATIONS, cursor=cursor, limit=limit,
        metric_id=metric_id,
        authority_id=owner(metric_id, "metric", otherwise=rules.MetricMissing),
        **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/observations/{observation_id:str}",
    permit=access.READ,
    answers=Observation,
    refuses=(rules.ObservationMissing, *UNCLEAR),
)
async def read_observation(
    request: Call,
    observation_id: FromPath[str],
    as_of: FromQuery[AsOf | None] = None,
    valid_at: FromQuery[ValidAt | None] = None,
) -> Response[bytes]:
    """Read an observation, as it is or as it was.

    `as_of` asks what was known at a time, or at a position of the log; `valid_at` what was in
    force at a time. A correction takes effect when what it corrects was reported, so an answer
    for a time before it was known names it in `then.corrected_by`. Whoever may read it today
    may read its past, which has no ETag.
    """
    if (asked := past.asked(as_of, valid_at, now=request.at)) is not None:
        return request.answer(
            await remembered.observation_past(
                request.tx, observation_id, seen_by=request.by, asked=asked
            )
        )
    row = await queries.observation_view(request.tx, observation_id, seen_by=request.by)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/observations/{observation_id:str}/verification",
    permit=access.VERIFY,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.ObservationMissing, RevisionStale, rules.NotVerifier, rules.OwnReport,
        rules.OwnDispute, rules.ObservationNotOpen, rules.PeriodVerified,
    ),
)  # fmt: skip
async def verify_observation(
    request: Call, observation_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Verify an observation.

    Only what is verified pays. The verifier is a party of its own to the contract, and never
    verifies what its own organisation has reported. A day counts once: an observation of
    another period or source that shares days with a verified one is refused.
    """
    now = await actions.verify(
        request.tx, observation_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/observations/{observation_id}")


@post(
    "/v1/observations/{observation_id:str}/dispute",
    permit=access.DISPUTE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ObservationMissing, RevisionStale, NotParty, rules.VerifierJudges,
        rules.OwnReport, rules.ObservationNotOpen,
    ),
)  # fmt: skip
async def dispute_observation(
    request: Call, observation_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Dispute an observation that is reported and not yet verified."""
    now = await actions.dispute(
        request.tx, observation_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/observations/{observation_id}")


@post(
    "/v1/observations/{observation_id:str}/annulment",
    permit=access.VERIFY,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ObservationMissing, RevisionStale, rules.NotVerifier, rules.OwnReport,
        rules.OwnDispute, rules.ObservationNotOpen,
    ),
)  # fmt: skip
async def annul_observation(
    request: Call, observation_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Annul a reported or disputed observation that the verifier finds untrue.

    The place is free then: another value may be reported for the period.
    """
    now = await actions.annul(
        request.tx, observation_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/observations/{observation_id}")


ROUTES = (
    list_metrics, read_metric, report_observation, list_observations, read_observation,
    verify_observation, dispute_observation, annul_observation,
)  # fmt: skip
