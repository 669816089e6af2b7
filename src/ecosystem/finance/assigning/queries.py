"""Read assignments: facts for the rules, locked; views; who is paid under a contract."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, bindparam, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.tables import contract_departure
from ecosystem.contracts.rules import ContractMissing
from ecosystem.finance import queries as facilities
from ecosystem.finance.assigning.model import AssignFacts, AssignmentFacts, Payee, State
from ecosystem.finance.assigning.rules import AssignmentMissing
from ecosystem.finance.assigning.tables import assignment
from ecosystem.identity.model import OrganisationState
from ecosystem.identity.tables import organisation
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_KEY: Final = (assignment.c.authority_id == _AUTHORITY, assignment.c.id == _ID)
_OF_CONTRACT: Final = (
    assignment.c.authority_id == _AUTHORITY,
    assignment.c.contract_id == _CONTRACT,
)
_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    assignment.c.id,
    assignment.c.version,
    assignment.c.state,
    assignment.c.contract_id,
    assignment.c.facility_id,
    assignment.c.assignor_id,
    assignment.c.assignee_id,
    instant(assignment.c.notified_at).label("notified_at"),
    assignment.c.notified_by,
    instant(assignment.c.acknowledged_at).label("acknowledged_at"),
    assignment.c.acknowledged_by,
    instant(assignment.c.ended_at).label("ended_at"),
    assignment.c.ended_by,
    assignment.c.reason,
)
_one = select(*_WHOLE).where(*_KEY).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
ASSIGNMENTS: Final = page_of(select(*_WHOLE).where(*_OF_CONTRACT))
"""A page of the assignments under a contract, also of those that have ended."""
_LOCKED: Final = Statement(select(assignment).where(*_KEY).with_for_update())
_STANDING: Final = Statement(
    select(assignment.c.id).where(
        *_OF_CONTRACT,
        assignment.c.assignor_id == bindparam("assignor_id", type_=Text),
        assignment.c.state.in_(["notified", "acknowledged"]),
    )
)
_PAYEE: Final = Statement(
    select(
        assignment.c.id, assignment.c.facility_id, assignment.c.assignee_id, organisation.c.state
    )
    .join(organisation, organisation.c.id == assignment.c.assignee_id)
    .where(
        *_OF_CONTRACT,
        assignment.c.assignor_id == bindparam("assignor_id", type_=Text),
        assignment.c.state == "acknowledged",
    )
    .with_for_update(read=True, of=assignment)
)
_of_who_left = (
    select(assignment.c.assignee_id)
    .join(
        contract_departure,
        (contract_departure.c.authority_id == assignment.c.authority_id)
        & (contract_departure.c.contract_id == assignment.c.contract_id)
        & (contract_departure.c.organisation_id == assignment.c.assignor_id),
    )
    .where(
        *_OF_CONTRACT,
        assignment.c.assignee_id == bindparam("assignee_id", type_=Text),
        assignment.c.state == "acknowledged",
    )
    .limit(1)
)
_STANDS_IN: Final = Statement(_of_who_left)
_CREDITOR: Final = Statement(
    _of_who_left.where(
        assignment.c.assignor_id == bindparam("assignor_id", type_=Text)
    ).with_for_update(read=True, of=assignment)
)
_FACILITY_OF: Final = Statement(select(assignment.c.facility_id).where(*_KEY))
_ANY: Final = Statement(select(assignment.c.id).where(*_OF_CONTRACT).limit(1))
_SECURES: Final = Statement(
    select(assignment.c.id).where(
        assignment.c.authority_id == _AUTHORITY,
        assignment.c.facility_id == bindparam("facility_id", type_=Text),
        assignment.c.state.in_(["notified", "acknowledged"]),
    )
)


async def view(tx: Tx, assignment_id: str) -> Record:
    """Return an assignment's JSON as `body`, and its version. Refuses with AssignmentMissing."""
    return _found(await tx.row(_VIEW, authority_id=_owner(assignment_id), id=assignment_id))


async def concern(tx: Tx, contract_id: str, *, by: Actor) -> None:
    """Refuse as `contracts.concern` does, but for a lender that an assignment under it names."""
    authority = owner(contract_id, "contract", otherwise=ContractMissing)
    if await tx.value(_ANY, authority_id=authority, contract_id=contract_id) is None:
        await contracts.concern(tx, contract_id, by=by)


async def assign_facts(tx: Tx, facility_id: str) -> AssignFacts:
    """Lock a facility; return what an assignment is checked against. Refuses FacilityMissing."""
    facts, row = await facilities.locked(tx, facility_id)
    standing = await tx.value(
        _STANDING, authority_id=row["authority_id"], contract_id=facts.contract_id,
        assignor_id=facts.borrower_id,
    )  # fmt: skip
    return AssignFacts(facility=facts, standing=standing)


async def locked(tx: Tx, assignment_id: str, *, expected: int | None) -> AssignmentFacts:
    """Lock an assignment; return what a step of it is checked against.

    Refuses with AssignmentMissing, or RevisionStale where `expected` is another version.
    """
    row = _found(await tx.row(_LOCKED, authority_id=_owner(assignment_id), id=assignment_id))
    revision.check(expected, actual=row["version"])
    return AssignmentFacts(
        assignment_id=assignment_id,
        contract_id=row["contract_id"],
        facility_id=row["facility_id"],
        authority_number=row["authority_id"],
        assignor_id=row["assignor_id"],
        assignee_id=row["assignee_id"],
        state=State(row["state"]),
        notified_by=row["notified_by"],
    )


async def payee(tx: Tx, contract_id: str, *, instead_of: str) -> Payee | None:
    """Return who is paid in place of a supplier of a contract, and hold it as it stands."""
    row = await tx.row(
        _PAYEE,
        authority_id=authority_of(contract_id), contract_id=contract_id, assignor_id=instead_of,
    )  # fmt: skip
    if row is None:
        return None
    return Payee(
        assignment_id=row["id"],
        facility_id=row["facility_id"],
        organisation_id=row["assignee_id"],
        is_verified=row["state"] == OrganisationState.VERIFIED,
    )


async def stands_in(tx: Tx, contract_id: str, *, by: Actor) -> bool:
    """Tell whether claims of who has left a contract are the caller's, as `creditor` says."""
    found = await tx.value(
        _STANDS_IN,
        authority_id=authority_of(contract_id), contract_id=contract_id,
        assignee_id=by.organisation_id,
    )  # fmt: skip
    return found is not None


async def creditor(tx: Tx, contract_id: str, *, of: str, by: Actor) -> str | None:
    """Return the caller's organisation where it stands in for a supplier that has left.

    A lender does to whom that one's claims are assigned, and the authority has acknowledged it.
    The assignment is held as it stands.
    """
    found: str | None = await tx.value(
        _CREDITOR,
        authority_id=authority_of(contract_id), contract_id=contract_id, assignor_id=of,
        assignee_id=by.organisation_id,
    )  # fmt: skip
    return found


async def facility_of(tx: Tx, assignment_id: str) -> str:
    """Return the facility that an assignment secures. Refuses with AssignmentMissing."""
    row = await tx.row(_FACILITY_OF, authority_id=_owner(assignment_id), id=assignment_id)
    found: str = _found(row)["facility_id"]
    return found


async def secures(tx: Tx, facility_id: str) -> bool:
    """Tell whether an assignment stands that secures a facility."""
    found = await tx.value(
        _SECURES, authority_id=authority_of(facility_id), facility_id=facility_id
    )
    return found is not None


def _owner(assignment_id: str) -> int:
    return owner(assignment_id, "assignment", otherwise=AssignmentMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise AssignmentMissing("No assignment that the caller may know of is called so.")
    return row
