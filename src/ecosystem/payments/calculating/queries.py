"""Read what is calculated from: the steps of a contract, and the facts that are proved now."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import chain
from typing import Final

import msgspec
from msgspec import UNSET
from sqlalchemy import Integer, Text, bindparam, func, select, text, union_all

from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.canonical import canonical
from ecosystem.contracts.changes import queries as changes
from ecosystem.contracts.form_shapes import ContractTerms, MemberShare
from ecosystem.contracts.payment_rules import PaymentRule, days_of, metrics_of
from ecosystem.contracts.rights import queries as rights
from ecosystem.contracts.rights.rules import entitlements
from ecosystem.contracts.shares import consortium_of
from ecosystem.contracts.tables import contract
from ecosystem.milestones import queries as milestones
from ecosystem.milestones.tables import milestone
from ecosystem.outcomes.aggregates.model import Used
from ecosystem.outcomes.demonstrating import queries as demonstrating
from ecosystem.outcomes.demonstrating.model import Demonstrated
from ecosystem.outcomes.excusals.tables import excusal
from ecosystem.outcomes.tables import metric, observation
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Demonstration,
    ExcusedTime,
    VerifiedObservation,
)
from ecosystem.payments.deducting import queries as deducting
from ecosystem.payments.dividing import queries as dividing
from ecosystem.payments.model import PaymentKind, Step, StepFacts
from ecosystem.payments.proving import proofs_of
from ecosystem.payments.queries import STANDS
from ecosystem.payments.stepping import step_of
from ecosystem.payments.tables import calculation
from ecosystem.payments.taxing import queries as taxing
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.values import money
from ecosystem.values.identifiers import authority_of
from ecosystem.values.period import Period, wire

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_CONTRACT_LOCKED: Final = Ahead(
    select(contract.c.id)
    .where(contract.c.authority_id == _AUTHORITY, contract.c.id == _CONTRACT)
    .with_for_update(key_share=True)
)
_STEPS: Final = Ahead(
    select(calculation.c.id, calculation.c.ordinal, calculation.c.document)
    .where(
        calculation.c.authority_id == _AUTHORITY,
        calculation.c.contract_id == _CONTRACT,
        STANDS,
        calculation.c.kind == PaymentKind.OUTCOME.value,
    )
    .order_by(calculation.c.ordinal)
)
_CONTRACT_OF: Final = Statement(
    union_all(
        select(milestone.c.contract_id).where(
            milestone.c.authority_id == _AUTHORITY, milestone.c.id == _ID
        ),
        select(observation.c.contract_id).where(
            observation.c.authority_id == _AUTHORITY, observation.c.id == _ID
        ),
        select(metric.c.contract_id).where(metric.c.authority_id == _AUTHORITY, metric.c.id == _ID),
        select(excusal.c.contract_id).where(
            excusal.c.authority_id == _AUTHORITY, excusal.c.id == _ID
        ),
    )
)
_AHEAD: Final = (
    milestones.ACCEPTED, _STEPS, deducting.DROPPED, demonstrating.VERIFIED_OF, dividing.UNSENT,
    dividing.OWED, dividing.FORGONE, rights.STANDING,
)  # fmt: skip
Proofs = dict[str, tuple[Used, ...]]
"""What aggregates are computed from, by the digest that names it."""
PAGE: Final = 500
"""How many contracts are looked at in one go: a run holds no more of them in memory."""
_STANDING: Final = """
    FROM calculation AS made
    CROSS JOIN json_array_elements(made.document->'facts'->'{facts}') AS fact
    WHERE made.authority_id = page.authority_id AND made.contract_id = page.id
      AND made.kind = 'outcome' AND fact->>'id' = {table}.id AND NOT EXISTS (
        SELECT FROM calculation AS later
        WHERE later.authority_id = made.authority_id AND later.supersedes = made.id)"""
_OBSERVED: Final = _STANDING.format(facts="observations", table="observation")
_AGGREGATED: Final = _STANDING.format(facts="observations", table="metric")
_ACCEPTED: Final = _STANDING.format(facts="milestones", table="milestone")
_PAGE: Final = Statement(
    text(f"""
WITH page AS MATERIALIZED (
  SELECT contract.authority_id, contract.id, organisation.id AS organisation_id,
    organisation.jurisdiction
  FROM contract JOIN organisation ON organisation.number = contract.authority_id
  WHERE contract.activated_at IS NOT NULL
    AND (contract.authority_id, contract.id) > (:after_authority, :after_id)
  ORDER BY contract.authority_id, contract.id LIMIT {PAGE})
SELECT page.*, EXISTS (
    SELECT FROM observation
    JOIN metric ON metric.authority_id = observation.authority_id
      AND metric.id = observation.metric_id AND metric.granularity = metric.frequency
    WHERE observation.authority_id = page.authority_id AND observation.contract_id = page.id
      AND observation.state = 'verified'
      AND observation.ends_on > :starts_on AND observation.ends_on <= :ends_on
      AND NOT EXISTS (SELECT {_OBSERVED})
  ) OR EXISTS (
    SELECT FROM metric CROSS JOIN LATERAL (
      SELECT min(observation.starts_on) AS first_on, max(observation.ends_on) AS after
      FROM observation
      WHERE observation.authority_id = metric.authority_id AND observation.metric_id = metric.id
        AND observation.state = 'verified'
        AND observation.ends_on > :starts_on AND observation.ends_on <= :ends_on
      GROUP BY date_trunc('month', observation.starts_on)) AS month
    WHERE metric.authority_id = page.authority_id AND metric.contract_id = page.id
      AND metric.granularity <> metric.frequency
      AND NOT EXISTS (SELECT {_AGGREGATED}
        AND (fact->'period'->>'starts_on')::date <= month.first_on
        AND (fact->'period'->>'ends_on')::date >= month.after)
  ) OR EXISTS (
    SELECT FROM milestone
    WHERE milestone.authority_id = page.authority_id AND milestone.contract_id = page.id
      AND milestone.accepted_share > 0
      AND milestone.accepted_delivery_at >= :starts_on AT TIME ZONE 'UTC'
      AND milestone.accepted_delivery_at < :ends_on AT TIME ZONE 'UTC'
      AND NOT EXISTS (SELECT {_ACCEPTED}
        AND coalesce(fact->>'share', '1')::numeric = milestone.accepted_share
        AND (fact->>'due_at')::timestamptz = milestone.due_at
        AND (fact->>'delivered_at')::timestamptz = milestone.accepted_delivery_at)
  ) OR EXISTS (
    SELECT FROM release_day
    WHERE release_day.authority_id = page.authority_id AND release_day.contract_id = page.id
      AND release_day.state = 'ahead' AND release_day.released_on <= :today
      AND release_day.released_on >= :starts_on AND release_day.released_on < :ends_on
  ) AS is_due
FROM page ORDER BY page.authority_id, page.id""")  # noqa: S608 - every word of it is ours
)
_COUNT: Final = Statement(select(func.count()).where(contract.c.activated_at.is_not(None)))


async def count(tx: Tx) -> int:
    """Return how many contracts there are that something can be due under."""
    found: int = await tx.value(_COUNT)
    return found


async def page(tx: Tx, *, after: tuple[int, str], period: Period, at: datetime) -> list[Record]:
    """Return the next contracts `after` an authority and a contract, at most PAGE of them.

    `is_due` tells of each whether a fact that is proved, of days of `period`, or a day of release
    that has come by `at`, stands in no calculation yet; or whether shorter windows are verified of
    a period that stands in none, be it demonstrated or not. In a transaction that sees every
    calculation.
    """
    return await tx.rows(
        _PAGE,
        after_authority=after[0], after_id=after[1], today=at.astimezone(UTC).date(),
        starts_on=period.starts_on, ends_on=period.ends_on,
    )  # fmt: skip


async def contract_of(tx: Tx, fact_id: str) -> str:
    """Return the contract that a milestone, an observation, a metric or an excusal belongs to."""
    contract_id: str = await tx.value(_CONTRACT_OF, authority_id=authority_of(fact_id), id=fact_id)
    return contract_id


async def contract_locked(tx: Tx, contract_id: str) -> tuple[ContractTerms, Record]:
    """Hold a contract, so that one calculation of it goes on at a time; return terms and row."""
    await tx.row(_CONTRACT_LOCKED, authority_id=authority_of(contract_id), contract_id=contract_id)
    return await contracts.terms(tx, contract_id)


async def read_ahead(tx: Tx, contract_ids: Collection[str]) -> list[Record]:
    """Hold contracts of one authority, and lock of each what the bank was not told of.

    Returns their rows. All that is read to calculate them is read of all of them at once.
    """
    of = {"authority_id": authority_of(next(iter(contract_ids)))}
    await tx.ahead(_CONTRACT_LOCKED, contract_ids, **of)
    rows = await tx.ahead(contracts.ROW, contract_ids, **of)
    for each in _AHEAD:
        await tx.ahead(each, contract_ids, **of)
    await tx.ahead(demonstrating.METRICS, contract_ids, metric_id=None, **of)
    published = await tx.ahead(changes.PUBLISHED, {row["need_id"] for row in rows}, **of)
    await tx.ahead(profiles.BY_ID, {row["profile_id"] for row in published})
    return rows


async def step_facts(
    tx: Tx, terms: ContractTerms, row: Record, *, at: datetime | None = None,
    proofs: Proofs | None = None,
) -> StepFacts:  # fmt: skip
    """Return what is calculated from under a contract that is held.

    `at` a time, where something is calculated then: the taxes on what is new hold at it, and
    `proofs` is given what the aggregates are computed from.
    """
    contract_id, currency = row["id"], row["currency"]
    accepted = await milestones.accepted(tx, contract_id)
    steps = await _steps(tx, contract_id)
    return StepFacts(
        rules=terms.payment_rules,
        currency=currency,
        contract_value=money.of(row["price"], currency).amount,
        steps=steps,
        reliefs=await deducting.reliefs(tx, contract_id),
        shares=_shares(terms),
        taxes=() if at is None else await taxing.taxes(tx, row, at=at),
        milestones=tuple(
            AcceptedMilestone(
                id=one.id,
                version=one.version,
                milestone=one.code,
                share=one.share,
                due_at=wire(one.due_at),
                delivered_at=wire(one.delivered_at),
            )
            for one in accepted
        ),
        observations=(
            *await _observations(tx, contract_id),
            *await _aggregates(tx, contract_id, terms, steps, at=at, proofs=proofs),
        ),
        days=_days(terms.payment_rules, steps, at=at),
    )


def _days(
    rules: Iterable[PaymentRule], steps: Iterable[Step], *, at: datetime | None
) -> tuple[date, ...]:
    """Return the days that were calculated, and where something is calculated now, what has come.

    A day has come once it has begun in UTC, as days of deliveries are counted.
    """
    days = {day for step in steps for day in step.days}
    if at is not None:
        today = at.astimezone(UTC).date()
        days |= {day for rule in rules for day in days_of(rule) if day <= today}
    return tuple(sorted(days))


async def _observations(tx: Tx, contract_id: str) -> Iterator[VerifiedObservation]:
    return (
        VerifiedObservation(
            id=one.id,
            version=one.version,
            metric=one.metric,
            period=one.period,
            value=one.value,
            sample_size=one.sample_size,
            interval=UNSET if one.interval is None else one.interval,
        )
        for one in await demonstrating.verified(tx, contract_id)
    )


async def _aggregates(
    tx: Tx, contract_id: str, terms: ContractTerms, steps: tuple[Step, ...], *,
    at: datetime | None, proofs: Proofs | None,
) -> Iterator[VerifiedObservation]:  # fmt: skip
    """Return what shorter windows prove; where nothing is calculated now, what they proved then.

    Of the metrics that pay, that may end the contract, and that have stood in a calculation.
    """
    before = [one for step in steps for one in step.observations if one.aggregate is not UNSET]
    if at is None:
        return iter(before)
    held = {
        (one.id, one.period): one.aggregate.observed for one in before if one.aggregate is not UNSET
    }
    reading = chain(terms.payment_rules, *(step.rules for step in steps))
    codes = {code for rule in reading for code in metrics_of(rule)}
    codes |= {one.metric for one in before} | {one.metric for one in entitlements(terms)}
    found = await demonstrating.demonstrated(tx, contract_id, codes=codes, held=held, at=at)
    if proofs is not None:
        proofs.update((one.aggregate.observations_digest, one.used) for one in found)
    return map(_fact, found)


def _fact(one: Demonstrated) -> VerifiedObservation:
    found = one.aggregate
    return VerifiedObservation(
        id=one.metric_id,
        version=one.version,
        metric=one.metric,
        period=found.period,
        value=found.value or "0",
        sample_size=None if found.sample is None else found.sample.size,
        interval=UNSET if found.sample is None else found.sample.interval or UNSET,
        aggregate=Demonstration(
            observed=one.observed,
            windows=found.windows.all,
            excused=tuple(
                ExcusedTime(starts_at=wire(time.starts_at), ends_at=wire(time.ends_at))
                for time in sorted(one.excused)
            ),
            observations=found.observations_count,
            observations_digest=found.observations_digest,
        ),
    )


def kept(made: Calculation, told: Proofs) -> bytes | None:
    """Return the observations behind a calculation's aggregates as JSON; None without any."""
    found = proofs_of(made, told)
    return canonical(found) if found else None


def _shares(terms: ContractTerms) -> tuple[MemberShare, ...]:
    together = consortium_of(terms, "supplier")
    return () if together is None else together.shares


async def _steps(tx: Tx, contract_id: str) -> tuple[Step, ...]:
    rows = await tx.rows(_STEPS, authority_id=authority_of(contract_id), contract_id=contract_id)
    return tuple(
        step_of(
            msgspec.json.decode(row["document"], type=Calculation),
            calculation_id=row["id"],
            ordinal=row["ordinal"],
        )
        for row in rows
    )
