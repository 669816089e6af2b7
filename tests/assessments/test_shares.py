"""What a year bears of one contract."""

from pathlib import Path

import pytest

from ecosystem.runtime.database import Database
from tests.assessments.test_ratios import contracts_of, ratio_of
from tests.payments.agreement import agree

pytestmark = pytest.mark.anyio


async def test_a_year_bears_its_days_of_a_contract_and_a_filter_shows_the_rest_is_not_there(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    (one,) = await contracts_of(database, agreed, 2026)
    assert (one.value.amount, one.share.amount) == ("100000.00", "50000.00")
    assert await contracts_of(database, agreed, 2026, phase="construction") == []

    (total, sector) = (await ratio_of(database, agreed, 2026)).data
    assert (total.sector, total.ratio, total.operation_share) == (None, "0:1", "1")
    assert sector.operation.amount == "50000.00"
    assert (await ratio_of(database, agreed, 2031)).data == ()
