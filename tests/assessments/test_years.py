"""No year is assessed before its programme, and nothing goes on because nothing was measured."""

from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.assessments import actions, model, queries, rules
from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import ProgrammeDraft
from ecosystem.catalogue.profiles.model import Recommendation
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import WORDS, Agreement, agree
from tests.payments.steps import act_as

pytestmark = pytest.mark.anyio
LATER = datetime(2027, 2, 1, 9, tzinfo=UTC)
PAST = {
    "name": {"en": "Operation"}, "fiscal_year": 2024, "sector": "public_services",
    "operation": "service", "phase": "operation", "currency": "CNY",
}  # fmt: skip
BEFORE = """
  INSERT INTO assessment (authority_id, id, version, state, programme_id, fiscal_year, reviewer_id,
    opened_by, opened_at)
  SELECT authority_id, $1, 1, 'opened', id, 2025, $3, 'person_o', now()
  FROM programme WHERE id = $2"""


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path)


async def _opened(database: Database, agreed: Agreement, year: int, **of: str) -> str:
    by = agreed.actor("city", "officer")
    draft = model.AssessmentDraft(
        **of, fiscal_year=year, reviewer_id=agreed.parties.party("oversight").organisation_id
    )
    made = await act_as(
        database, by, lambda tx: actions.open_assessment(tx, draft, by=by, at=LATER)
    )
    return made.id


async def _reviewed(database: Database, agreed: Agreement, of: str, advice: str) -> None:
    by = agreed.actor("oversight", "reviewer")
    asked = model.ReviewDraft(
        has_conflict=False, set_aside=(), recommendation=Recommendation(advice), reason=WORDS
    )
    await act_as(
        database, by, lambda tx: actions.review(tx, of, asked, by=by, at=LATER, expected=None)
    )


@pytest.mark.parametrize("of", ["programme_id", "contract_id"])
async def test_no_year_is_assessed_in_which_the_programme_was_not_there(
    database: Database, database_url: str, agreed: Agreement, of: str
) -> None:
    subject = {"programme_id": agreed.programme_id, "contract_id": agreed.contract_id}[of]
    served = await asyncpg.connect(database_url)
    await served.execute(f"SET app.authority = '{agreed.authority}'")

    with pytest.raises(rules.YearBefore, match=r"It is of 2026"):
        await _opened(database, agreed, 2025, **{of: subject})
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await served.execute(
            BEFORE, mint("assessment", authority=agreed.authority), agreed.programme_id,
            agreed.parties.party("oversight").organisation_id,
        )  # fmt: skip

    await served.close()
    assert refused.value.constraint_name == "a_year_of_its_programme"
    assert await _opened(database, agreed, 2026, **{of: subject})


async def test_of_a_past_year_of_which_nothing_was_measured_nobody_says_that_it_goes_on(
    database: Database, agreed: Agreement
) -> None:
    treasurer, officer = agreed.actor("city", "treasurer"), agreed.actor("city", "officer")
    draft, said = msgspec.convert(PAST, ProgrammeDraft), model.SelfAssessment(statement=WORDS)
    past = await act_as(
        database, treasurer,
        lambda tx: budgets.open_programme(tx, draft, by=treasurer, at=LATER),
    )  # fmt: skip
    made = await _opened(database, agreed, 2024, programme_id=past.id)
    await act_as(
        database, officer,
        lambda tx: actions.self_assess(tx, made, said, by=officer, at=LATER, expected=None),
    )  # fmt: skip

    for advice in ("continue", "scale"):
        with pytest.raises(rules.RecommendationUnfit, match="fix, stop"):
            await _reviewed(database, agreed, made, advice)
    await _reviewed(database, agreed, made, "fix")

    async with database.reading(seen_by(officer)) as tx:
        found = msgspec.json.decode((await queries.view(tx, made))["body"], type=model.Assessment)
    assert (found.grade, found.points_min, found.points_max) == ("not_demonstrated", "0", "100")
