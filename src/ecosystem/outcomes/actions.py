"""Register metrics; report, verify, dispute and annul observations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.model import ChangeFacts
from ecosystem.contracts.form_shapes import TermsMetric
from ecosystem.contracts.model import Contract
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience, Occurrence
from ecosystem.outcomes import queries, rules
from ecosystem.outcomes.model import (
    RegisterFacts,
    Report,
    Reported,
    ReportFacts,
    State,
    Verified,
    VoidFacts,
)
from ecosystem.outcomes.tables import metric, observation
from ecosystem.outcomes.windows import NO_HOUR
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_REGISTER: Final = inserting(metric)
_TOLD: Final = (
    "title", "definition", "unit", "direction", "frequency", "granularity", "observed", "source",
    "method", "verification", "baseline", "target",
)  # fmt: skip
_FOLLOW: Final = Statement(
    update(metric)
    .where(
        metric.c.authority_id == bindparam("of_authority"),
        metric.c.contract_id == bindparam("of_contract"),
        metric.c.code == bindparam("of_code"),
    )
    .values({"version": metric.c.version + 1, **{name: bindparam(name) for name in _TOLD}})
    .returning(metric.c.id)
)
_REPORTED: Final = (
    "authority_id", "id", "version", "metric_id", "contract_id", "state", "starts_on", "ends_on",
    "hour", "value", "numerator", "denominator", "source", "method", "sample_size",
    "squares", "invited", "interval", "channel", "reported_by", "reported_hand", "reported_at",
    "supersedes",
)  # fmt: skip
_REPORT: Final = Statement(
    insert(observation)
    .values({name: bindparam(name) for name in _REPORTED})
    .on_conflict_do_nothing()
    .returning(observation.c.id)
)
_KEY = (
    observation.c.authority_id == bindparam("of_authority"),
    observation.c.id == bindparam("of"),
)
_SUPERSEDE: Final = Statement(
    update(observation)
    .where(*_KEY, observation.c.superseded_by.is_(None))
    .values(version=observation.c.version + 1, superseded_by=bindparam("by_observation"))
    .returning(observation.c.reported_at)
)
_VERIFY: Final = Statement(
    updating(observation).values(
        state="verified",
        version=observation.c.version + 1,
        verified_by=bindparam("verifier"),
        verified_hand=bindparam("hand"),
        verified_at=bindparam("since"),
        reason=bindparam("why"),
    )
)
_DISPUTE: Final = Statement(
    updating(observation).values(
        state="disputed",
        version=observation.c.version + 1,
        disputed_by=bindparam("disputer"),
        disputed_hand=bindparam("hand"),
        disputed_at=bindparam("since"),
        reason=bindparam("why"),
    )
)
_ANNUL: Final = Statement(
    updating(observation).values(
        state="void",
        version=observation.c.version + 1,
        annulled_by=bindparam("annuller"),
        annulled_hand=bindparam("hand"),
        annulled_at=bindparam("since"),
        reason=bindparam("why"),
    )
)
_REPLACE: Final = Statement(
    updating(observation).values(state="void", version=observation.c.version + 1)
)


async def register(tx: Tx, occurrence: Occurrence) -> None:
    """Register the metrics of a contract that has come into force.

    Follows `contract.activated`. Effects: a metric and `metric.registered` for each one of the
    terms.
    """
    contract: Contract = occurrence.body.after
    for terms in contract.terms.metrics:
        await _register(tx, contract.id, terms, by=occurrence.body.by, at=occurrence.recorded_at)


async def _register(
    tx: Tx, contract_id: str, terms: TermsMetric, *, by: Actor, at: datetime
) -> None:
    authority = authority_of(contract_id)
    facts = RegisterFacts(contract_id=contract_id, terms=terms)
    registered = rules.register(facts, by=by, at=at)
    metric_id = mint("metric", authority=authority)
    await tx.run(
        _REGISTER,
        authority_id=authority, id=metric_id, version=1, contract_id=contract_id,
        code=registered.code, **_said(terms),
    )  # fmt: skip
    await history.record(
        tx, "metric.registered", metric_id, facts=facts, decision=registered, by=by, at=at,
        audience=EVERYONE, after=await queries.metric_after(tx, metric_id),
    )  # fmt: skip


async def follow(tx: Tx, occurrence: Occurrence) -> None:
    """Let the metrics of a contract say what its new edition says.

    Follows `contract.changed`. Effects: `metric.changed` for each metric that is altered, and
    `metric.registered` for each new one. What was observed stays as it is.
    """
    change: ChangeFacts = occurrence.body.facts
    contract_id, by, at = occurrence.stream, occurrence.body.by, occurrence.recorded_at
    before = {one.code: one for one in change.terms_before.metrics}
    for terms in change.terms.metrics:
        if terms.code not in before:
            await _register(tx, contract_id, terms, by=by, at=at)
        elif terms != before[terms.code]:
            facts = RegisterFacts(contract_id=contract_id, terms=terms)
            registered = rules.register(facts, by=by, at=at)
            metric_id: str = await tx.value(
                _FOLLOW,
                of_authority=occurrence.authority_id, of_contract=contract_id,
                of_code=registered.code, **_said(terms),
            )  # fmt: skip
            await history.record(
                tx, "metric.changed", metric_id, facts=facts, decision=registered, by=by, at=at,
                audience=EVERYONE, after=await queries.metric_after(tx, metric_id),
            )  # fmt: skip


def _said(terms: TermsMetric) -> dict[str, Any]:
    """Return the columns of a metric that its terms say."""
    encode = msgspec.json.encode
    return {
        "title": encode(terms.title),
        "definition": encode(terms.definition),
        "unit": encode(terms.unit),
        "direction": terms.direction,
        "frequency": terms.period,
        "granularity": terms.observed.window if terms.observed else terms.period,
        "observed": encode(terms.observed) if terms.observed else None,
        "source": encode(terms.source),
        "method": encode(terms.method),
        "verification": encode(terms.verification),
        "baseline": terms.baseline,
        "target": terms.target,
    }


async def report(tx: Tx, metric_id: str, asked: Report, *, by: Actor, at: datetime) -> Standing:
    """Keep what was observed of a metric; the same value again is answered by the first.

    Refuses with MetricMissing, and as the rule does. Effects: three statements, one event of
    the observation; a correction also marks the one it corrects, with an event of its own.
    """
    facts, row = await queries.report_facts(tx, metric_id, asked, by=by)
    reported = rules.report(facts, by=by, at=at)
    if rules.is_repeated(facts):
        return _first(row)
    observation_id = mint("observation", authority=authority_of(metric_id))
    audience = Audience(organisations=tuple(row["parties"]))
    if asked.supersedes is not None:
        await _supersede(tx, facts, reported, observation_id, by=by, at=at, audience=audience)
    place = {"id": observation_id, "metric_id": metric_id, "contract_id": row["contract_id"]}
    if await _insert(tx, place, asked, reported, by=by, at=at) is None:
        # Another request was first with the same place: it has committed, and is seen now.
        facts, row = await queries.report_facts(tx, metric_id, asked, by=by)
        rules.report(facts, by=by, at=at)
        return _first(row)
    version = await history.record(
        tx, "observation.reported", observation_id, facts=facts, decision=reported, by=by, at=at,
        audience=audience, after=await queries.after(tx, observation_id),
    )  # fmt: skip
    return Standing(id=observation_id, state=reported.state, version=version)


def _first(row: Record) -> Standing:
    return Standing(
        id=row["standing_id"], state=row["standing_state"], version=row["standing_version"]
    )


async def _insert(
    tx: Tx, place: Mapping[str, str], asked: Report, reported: Reported, *, by: Actor,
    at: datetime,
) -> str | None:  # fmt: skip
    inserted: str | None = await tx.value(
        _REPORT,
        authority_id=authority_of(place["id"]), version=1, state=State.REPORTED,
        starts_on=asked.period.starts_on, ends_on=asked.period.ends_on,
        hour=NO_HOUR if asked.hour is None else asked.hour, value=asked.value,
        numerator=asked.numerator, denominator=asked.denominator, source=asked.source,
        method=msgspec.json.encode(asked.method),
        sample_size=asked.sample_size, squares=asked.squares, invited=asked.invited,
        interval=msgspec.json.encode(reported.interval) if reported.interval else None,
        channel=reported.channel, reported_by=by.organisation_id,
        reported_hand=control.hand(by), reported_at=at, supersedes=asked.supersedes, **place,
    )  # fmt: skip
    return inserted


async def _supersede(
    tx: Tx, facts: ReportFacts, reported: Reported, observation_id: str, *, by: Actor,
    at: datetime, audience: Audience,
) -> None:  # fmt: skip
    corrected = reported.supersedes or ""
    marked = await tx.value(
        _SUPERSEDE,
        of_authority=authority_of(corrected), of=corrected, by_observation=observation_id,
    )  # fmt: skip
    if marked is None:
        raise rules.NothingToCorrect("It has just been corrected.", pointer="/supersedes")
    await history.record(
        tx, "observation.superseded", corrected, facts=facts, decision=reported, by=by, at=at,
        valid_at=marked, audience=audience, after=await queries.after(tx, corrected),
    )  # fmt: skip


async def verify(
    tx: Tx, observation_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Verify an observation: from now on it pays.

    Refuses with ObservationMissing, RevisionStale, and as the rule does. Effects: locks the
    metric; a verified observation that this one corrects is void, with an event of its own.
    """
    row = await queries.locked(tx, observation_id, seen_by=by, expected=expected)
    facts = await queries.judge_facts(tx, row, reason=reason, verifies=True)
    verified = rules.verify(facts, by=by, at=at)
    await _replace(tx, observation_id, verified, by=by, at=at)
    await tx.run(
        _VERIFY,
        of_authority=row["authority_id"], of=observation_id, verifier=verified.verified_by,
        hand=control.hand(by), since=at, why=msgspec.json.encode(verified.reason),
    )  # fmt: skip
    after = await queries.after(tx, observation_id)
    await history.record(
        tx, "observation.verified", observation_id, facts=facts, decision=verified, by=by, at=at,
        audience=EVERYONE, after=after,
    )  # fmt: skip
    return Standing(id=observation_id, state=verified.state, version=after.version)


async def _replace(
    tx: Tx, observation_id: str, verified: Verified, *, by: Actor, at: datetime
) -> None:
    for replaced in verified.replaces:
        facts = VoidFacts(corrected_by=observation_id)
        voided = rules.replace(facts, by=by, at=at)
        await tx.run(_REPLACE, of_authority=authority_of(replaced), of=replaced)
        await history.record(
            tx, "observation.voided", replaced, facts=facts, decision=voided, by=by, at=at,
            audience=EVERYONE, after=await queries.after(tx, replaced),
        )  # fmt: skip


async def dispute(
    tx: Tx, observation_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Dispute a reported observation.

    Refuses with ObservationMissing, RevisionStale, and as the rule does.
    """
    row = await queries.locked(tx, observation_id, seen_by=by, expected=expected)
    facts = await queries.judge_facts(tx, row, reason=reason, verifies=False)
    disputed = rules.dispute(facts, by=by, at=at)
    await tx.run(
        _DISPUTE,
        of_authority=row["authority_id"], of=observation_id, disputer=disputed.disputed_by,
        hand=control.hand(by), since=at, why=msgspec.json.encode(disputed.reason),
    )  # fmt: skip
    after = await queries.after(tx, observation_id)
    await history.record(
        tx, "observation.disputed", observation_id, facts=facts, decision=disputed, by=by, at=at,
        audience=await contracts.audience(tx, row["contract_id"]),
        after=after,
    )  # fmt: skip
    return Standing(id=observation_id, state=disputed.state, version=after.version)


async def annul(
    tx: Tx, observation_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Void a reported or disputed observation.

    Refuses with ObservationMissing, RevisionStale, and as the rule does.
    """
    row = await queries.locked(tx, observation_id, seen_by=by, expected=expected)
    facts = await queries.judge_facts(tx, row, reason=reason, verifies=False)
    annulled = rules.annul(facts, by=by, at=at)
    await tx.run(
        _ANNUL,
        of_authority=row["authority_id"], of=observation_id, annuller=annulled.annulled_by,
        hand=control.hand(by), since=at, why=msgspec.json.encode(annulled.reason),
    )  # fmt: skip
    after = await queries.after(tx, observation_id)
    await history.record(
        tx, "observation.voided", observation_id, facts=facts, decision=annulled, by=by, at=at,
        audience=await contracts.audience(tx, row["contract_id"]),
        after=after,
    )  # fmt: skip
    return Standing(id=observation_id, state=annulled.state, version=after.version)
