"""Read what an examination is checked against."""

from datetime import datetime
from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.contracts.model import Evidence
from ecosystem.contracts.tables import document
from ecosystem.milestones import queries
from ecosystem.milestones.model import State
from ecosystem.milestones.verifying.model import Examination, ExamineFacts
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Actor

_REPORT: Final = Statement(
    select(document.c.id, document.c.sha256).where(
        document.c.authority_id == bindparam("authority_id", type_=Integer),
        document.c.contract_id == bindparam("contract_id", type_=Text),
        document.c.organisation_id == bindparam("filed_by", type_=Text),
        document.c.id == bindparam("id", type_=Text),
    )
)


async def examine_facts(
    tx: Tx, row: Record, asked: Examination, *, by: Actor, at: datetime
) -> ExamineFacts:
    """Return what the examination of a locked milestone is checked against."""
    deemed, calendar = await queries.acceptance(tx, row, at=at)
    report = await tx.row(
        _REPORT,
        authority_id=row["authority_id"], contract_id=row["contract_id"],
        filed_by=by.organisation_id, id=asked.report,
    )  # fmt: skip
    return ExamineFacts(
        role=row["role"],
        state=State(row["state"]),
        verification_asked=row["verification_asked"],
        verification=row["verification"],
        submitted_by=row["submitted_by"],
        acceptance_days=row["acceptance_days"],
        deemed=deemed,
        calendar=calendar,
        asked=asked,
        report=None if report is None else Evidence(id=report["id"], sha256=report["sha256"]),
    )
