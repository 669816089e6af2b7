"""The history can say why a contract is as it is, and the database holds what code may forget."""

import asyncpg
import httpx
import pytest

from ecosystem.contracts import rules
from ecosystem.contracts.model import (
    ActivateFacts,
    DraftFacts,
    FileFacts,
    SignFacts,
)
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

RULES: Rules = {
    "contract.drafted": (rules.draft, DraftFacts),
    "contract.signed": (rules.sign, SignFacts),
    "contract.activated": (rules.activate, ActivateFacts),
    "document.filed": (rules.file, FileFacts),
}

TWICE = """
INSERT INTO contract SELECT (jsonb_populate_record(
  contract, jsonb_build_object('id', overlay(id placing 'ffff' from length(id) - 3))
)).* FROM contract"""
OF_ANOTHER_FORM = """
INSERT INTO contract SELECT (jsonb_populate_record(
  contract, jsonb_build_object(
    'id', overlay(id placing 'ffff' from length(id) - 3),
    'terms', jsonb_set(terms::jsonb, '{form,digest}', to_jsonb(repeat('0', 64))))
)).* FROM contract"""
FOR_TWO = """
INSERT INTO contract_signature
SELECT authority_id, contract_id, 'org_01890a5d00007000800000000000000a', person_id, digest,
  signed_at FROM contract_signature LIMIT 1"""


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A contract in force."""
    return await (await awarded(client, database, superuser)).active()


async def test_the_log_alone_reproduces_every_decision(
    active: Partnership, database: Database
) -> None:
    await active.file(b"%PDF-1.7", by=("enterprise", "delivery"))

    assert await replayed(database, RULES) == {
        "contract.drafted": 1,
        "contract.signed": 4,
        "contract.activated": 1,
        "document.filed": 1,
    }


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE contract SET terms = '{}'", "contract_is_altered_by_what_was_signed"),
        ("UPDATE contract SET state = 'draft'", "contract_is_altered_by_what_was_signed"),
        ("UPDATE contract SET price = 0", "contract_is_altered_by_what_was_signed"),
        (TWICE, "one_contract_of_an_award_is_active"),
        (FOR_TWO, "a_draft_is_signed_as_worded"),
    ],
)
async def test_the_database_holds_what_code_may_forget(
    active: Partnership, superuser: str, statement: str, constraint: str
) -> None:
    assert active.contract_id
    connection = await asyncpg.connect(superuser)
    transaction = connection.transaction()
    await transaction.start()

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await connection.execute(statement)

    await transaction.rollback()
    await connection.close()
    assert refused.value.constraint_name == constraint


async def test_a_standard_form_that_was_used_says_the_same_for_ever(
    active: Partnership, superuser: str
) -> None:
    connection = await asyncpg.connect(superuser)
    kept = await connection.fetchrow("SELECT * FROM standard_form")
    listed = (await active.client.get("/v1/contract-forms")).json()["data"]

    assert kept is not None
    assert kept["digest"] in {one["digest"] for one in listed if one["id"] == kept["id"]}
    for statement in ("UPDATE standard_form SET version = '2.0'", "DELETE FROM standard_form"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(statement)
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(OF_ANOTHER_FORM)
    assert refused.value.constraint_name == "a_used_form_stays"
    await connection.close()


async def test_a_signature_is_never_taken_back(active: Partnership, superuser: str) -> None:
    assert active.contract_id
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("DELETE FROM contract_signature")

    await connection.close()
