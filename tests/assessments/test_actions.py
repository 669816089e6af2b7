"""A year is assessed from what was verified, reviewed by others, published, and cited."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from ecosystem.assessments import actions, model, queries, rules
from ecosystem.assessments.scoring import score
from ecosystem.budgets import actions as budgets
from ecosystem.budgets import rules as budget_rules
from ecosystem.budgets.model import AppropriationDraft, ProgrammeDraft
from ecosystem.catalogue.profiles.model import Recommendation
from ecosystem.payments import actions as payments_
from ecosystem.reactions import REACTIONS
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from tests.payments.agreement import (
    AT,
    JANUARY,
    WORDS,
    Agreement,
    accept,
    agree,
    payments,
    verify,
)
from tests.payments.steps import act_as, approve, claim, instruct, paid
from tests.replay import replayed

pytestmark = pytest.mark.anyio
LATER = datetime(2027, 2, 1, 9, tzinfo=UTC)
NEXT = {
    "name": {"en": "Operation"}, "fiscal_year": 2027, "sector": "public_services",
    "operation": "service", "phase": "operation", "currency": "CNY",
}  # fmt: skip
GIVE = """
  INSERT INTO appropriation SELECT authority_id, $1, $2, amount, currency, reason, $3,
    $4::text::json, appropriated_by, appropriated_at FROM appropriation LIMIT 1"""
OWN: dict[str, tuple[Callable[..., Any], Any]] = {
    "assessment.opened": (rules.open_assessment, model.OpenFacts),
    "assessment.reviewer_named": (rules.name_reviewer, model.ReviewerFacts),
    "assessment.self_assessed": (rules.self_assess, model.AssessFacts),
    "assessment.reviewed": (rules.review, model.ReviewFacts),
    "assessment.published": (rules.publish, model.PublishFacts),
    "assessment.replied": (rules.reply, model.ReplyFacts),
}


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path)


async def _opened(
    database: Database, agreed: Agreement, *, reviewer: str = "oversight", **asked: Any
) -> str:
    by = agreed.actor("city", "officer")
    draft = model.AssessmentDraft(
        **({"programme_id": agreed.programme_id} | asked), fiscal_year=2026,
        reviewer_id=agreed.parties.party(reviewer).organisation_id,
    )  # fmt: skip
    made = await act_as(
        database, by, lambda tx: actions.open_assessment(tx, draft, by=by, at=LATER)
    )
    return made.id


async def _assessed(
    database: Database, agreed: Agreement, of: str, *, at: datetime = LATER
) -> Standing:
    by, said = agreed.actor("city", "officer"), model.SelfAssessment(statement=WORDS)
    return await act_as(
        database, by, lambda tx: actions.self_assess(tx, of, said, by=by, at=at, expected=None)
    )


async def _reviewed(
    database: Database, agreed: Agreement, of: str, recommendation: str = "fix", *,
    by: Actor | None = None, **said: Any,
) -> Standing:  # fmt: skip
    reviewer = by or agreed.actor("oversight", "reviewer")
    asked = model.ReviewDraft(
        has_conflict=bool(said.get("has_conflict")),
        set_aside=said.get("set_aside", ()),
        recommendation=Recommendation(recommendation),
        reason=WORDS,
    )
    return await act_as(
        database,
        reviewer,
        lambda tx: actions.review(tx, of, asked, by=reviewer, at=LATER, expected=None),
    )


async def _published(database: Database, agreed: Agreement, of: str) -> Standing:
    by = agreed.actor("city", "approver")
    return await act_as(
        database, by, lambda tx: actions.publish(tx, of, by=by, at=LATER, expected=None)
    )


async def _seen(database: Database, of: str, by: Actor | None = None) -> model.Assessment:
    async with database.reading(seen_by(by)) as tx:
        row = await queries.view(tx, of)
    return msgspec.json.decode(row["body"], type=model.Assessment)


async def _settled(database: Database, agreed: Agreement) -> None:
    """Have a milestone accepted late, and what is due for it settled."""
    await accept(database, agreed, "opening")
    payment_id = (await payments(database, agreed))[-1]["id"]
    for step in (claim, approve, instruct):
        await step(database, agreed, payment_id)
    by = agreed.actor("city", "treasurer")
    said = paid(payment_id[-20:])
    await act_as(
        database, by,
        lambda tx: payments_.settle(tx, payment_id, said, by=by, at=AT, expected=None),
    )  # fmt: skip


async def test_the_score_comes_from_what_was_settled_accepted_and_verified(
    database: Database, agreed: Agreement
) -> None:
    await _settled(database, agreed)
    await verify(database, agreed, "matters", "1")
    made = await _opened(database, agreed)

    with pytest.raises(rules.YearUnfinished):
        await _assessed(database, agreed, made, at=datetime(2026, 12, 31, 12, tzinfo=UTC))
    await _assessed(database, agreed, made)

    found = await _seen(database, made, agreed.actor("city", "officer"))
    assert found.scored is not None
    lines = {one.code: one for one in found.scored.score.indicators}
    assert lines["budget-execution"].points_min == "0.8"
    assert (lines["output"].points_min, lines["output"].state) == ("12.5", "demonstrated")
    assert lines["benefit"].state == lines["satisfaction"].state == "not_demonstrated"
    assert (found.points_min, found.points_max, found.grade) == ("13.3", "53.3", "poor")
    whys = {one.unmeasured for one in found.scored.evidence.parts if one.source == "metric"}
    assert whys == {model.Unmeasured.NO_BASELINE}
    assert score(found.scored.evidence) == found.scored


async def test_a_metric_with_a_baseline_counts_for_the_periods_that_were_verified(
    database: Database, agreed: Agreement, owner_url: str
) -> None:
    await verify(database, agreed, "matters", "0.5")
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "UPDATE metric SET baseline = 0 WHERE contract_id = $1 AND code = 'matters'",
        agreed.contract_id,
    )
    await connection.close()
    made = await _opened(database, agreed, programme_id=None, contract_id=agreed.contract_id)

    await _assessed(database, agreed, made)

    found = await _seen(database, made, agreed.actor("city", "officer"))
    assert found.scored is not None
    benefit = found.scored.score.indicators[2]
    assert (benefit.state, benefit.parts, benefit.demonstrated) == ("partly", 24, 1)
    assert benefit.points_min == "0.625"
    spending = found.scored.evidence.parts[0]
    assert (spending.actual, spending.unmeasured) == ("0", None)


async def test_a_survey_with_too_small_a_sample_demonstrates_nothing(
    database: Database, tmp_path: Path, owner_url: str
) -> None:
    survey = {
        "statistic": "proportion", "mode": "post", "sampling": "systematic", "sample_min": 401,
    }  # fmt: skip
    observed = {"window": "month", "aggregation": "ratio_of_sums", "survey": survey}
    agreed = await agree(database, tmp_path, observed=observed)
    connection = await asyncpg.connect(owner_url)
    metric_id: str = await connection.fetchval(
        "UPDATE metric SET baseline = 0 WHERE contract_id = $1 AND code = 'matters' RETURNING id",
        agreed.contract_id,
    )
    await connection.close()
    sample: dict[str, Any] = {"numerator": "360", "denominator": "400", "sample_size": 400}
    await verify(database, agreed, "matters", "0.9", **sample)
    made = await _opened(database, agreed, programme_id=None, contract_id=agreed.contract_id)

    await _assessed(database, agreed, made)

    found = await _seen(database, made, agreed.actor("city", "officer"))
    assert found.scored is not None
    (january,) = [
        one
        for one in found.scored.evidence.parts
        if (one.source_id, one.period) == (metric_id, JANUARY)
    ]
    assert (january.actual, january.unmeasured) == (None, model.Unmeasured.SAMPLE_UNFIT)


async def test_it_is_reviewed_by_another_body_without_a_conflict(
    database: Database, agreed: Agreement
) -> None:
    for own in ("city", "verifier", "enterprise"):
        with pytest.raises(rules.ReviewerUnfit):
            await _opened(database, agreed, reviewer=own)
    made = await _opened(database, agreed, reviewer="auditor")
    with pytest.raises(rules.AssessedBefore):
        await _opened(database, agreed)
    officer = agreed.actor("city", "officer")
    asked = model.Reviewer(reviewer_id=agreed.parties.party("oversight").organisation_id)
    await act_as(
        database,
        officer,
        lambda tx: actions.name_reviewer(tx, made, asked, by=officer, at=LATER, expected=None),
    )
    with pytest.raises(rules.AssessmentUnready):
        await _reviewed(database, agreed, made)
    await _assessed(database, agreed, made)

    with pytest.raises(rules.AssessmentMissing):
        await _reviewed(database, agreed, made, by=agreed.actor("verifier", "verifier"))
    with pytest.raises(rules.ConflictDeclared):
        await _reviewed(database, agreed, made, has_conflict=True)
    with pytest.raises(rules.RecommendationUnfit):
        await _reviewed(database, agreed, made, "scale")
    aside = (model.SetAside(indicator="output", reason=WORDS),)
    await _reviewed(database, agreed, made, set_aside=aside)

    found = await _seen(database, made, agreed.actor("oversight", "reviewer"))
    assert (found.state, found.recommendation) == ("reviewed", "fix")
    assert (found.points_min, found.points_max, found.grade) == ("0", "90", "not_demonstrated")
    with pytest.raises(rules.AssessmentMissing):
        await _seen(database, made)


async def test_next_years_money_cites_the_published_assessment_or_gives_its_reason(
    database: Database, agreed: Agreement, database_url: str
) -> None:
    made = await _opened(database, agreed)
    await _assessed(database, agreed, made)
    by = agreed.actor("city", "treasurer")
    asked = msgspec.convert(NEXT, ProgrammeDraft)
    programme = await act_as(
        database, by, lambda tx: budgets.open_programme(tx, asked, by=by, at=LATER)
    )
    reacting = Database(database_url, Settings(), reactions=REACTIONS)

    async def appropriate(**said: Any) -> None:
        draft = AppropriationDraft(amount=_money("5"), reason=WORDS, **said)
        async with reacting.transaction(seen_by(by)) as tx:
            await budgets.appropriate(tx, programme.id, draft, by=by, at=LATER, expected=None)

    with pytest.raises(budget_rules.AssessmentUncited):
        await appropriate()
    with pytest.raises(budget_rules.AssessmentUnfit):
        await appropriate(assessment_id=made)
    await _reviewed(database, agreed, made, "stop")
    await _published(database, agreed, made)
    with pytest.raises(budget_rules.AgainstRecommendation):
        await appropriate(assessment_id=made)
    await appropriate(assessment_id=made, departs_because=WORDS)
    await appropriate(departs_because=WORDS)
    await reacting.close()

    for cited, why in ((None, None), (made, None), ("assessment_none", "{}")):
        with pytest.raises(asyncpg.RestrictViolationError, match="appropriation"):
            await _as_served(
                database_url, agreed, GIVE, mint("appropriation", authority=agreed.authority),
                programme.id, cited, why,
            )  # fmt: skip


async def test_the_database_keeps_who_reviews_and_what_is_published(
    database: Database, agreed: Agreement, database_url: str
) -> None:
    made = await _opened(database, agreed)
    await _assessed(database, agreed, made)
    verifier = agreed.parties.party("verifier").organisation_id
    change = "UPDATE assessment SET version = version + 1, {} WHERE id = $1"

    for said, refused in (
        (f"reviewer_id = '{verifier}'", "another_body|breaks a rule"),
        ("points_max = 99", "the_score_is_of_its_trace"),
        ("state = 'published'", "cannot go"),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=refused):
            await _as_served(database_url, agreed, change.format(said), made)
    await _reviewed(database, agreed, made)
    officer = agreed.actor("city", "officer")
    with pytest.raises(rules.OwnAssessment):
        await act_as(
            database, officer,
            lambda tx: actions.publish(tx, made, by=officer, at=LATER, expected=None),
        )  # fmt: skip
    results = await asyncio.gather(
        *(_published(database, agreed, made) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in results) == ["AssessmentUnready", "Standing"]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="cannot go"):
        await _as_served(database_url, agreed, change.format("recommendation = 'scale'"), made)


async def test_the_authority_replies_once_and_the_history_decides_all_again(
    database: Database, agreed: Agreement
) -> None:
    made = await _opened(database, agreed)
    await _assessed(database, agreed, made)
    await _reviewed(database, agreed, made)
    await _published(database, agreed, made)
    by, said = agreed.actor("city", "officer"), model.ReplyDraft(reply=WORDS)

    async def reply() -> Standing:
        return await act_as(
            database, by, lambda tx: actions.reply(tx, made, said, by=by, at=LATER, expected=None)
        )

    await reply()
    with pytest.raises(rules.RepliedBefore):
        await reply()

    found = await _seen(database, made)
    assert (found.state, found.reply) == ("published", WORDS)
    assert (await replayed(database, OWN)).keys() == OWN.keys()


async def test_of_two_who_open_the_same_year_at_once_one_does(
    database: Database, agreed: Agreement
) -> None:
    results = await asyncio.gather(
        *(_opened(database, agreed) for _ in range(2)), return_exceptions=True
    )

    assert sum(isinstance(one, str) for one in results) == 1
    assert {type(one).__name__ for one in results} <= {
        "str", "AssessedBefore", "UniqueViolationError",
    }  # fmt: skip


def _money(amount: str) -> Money:
    return Money(amount, "CNY")


async def _as_served(database_url: str, agreed: Agreement, sql: str, *values: str | None) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"SET app.authority = '{agreed.authority}'")
        await connection.execute(sql, *values)
    finally:
        await connection.close()
