"""The log alone reproduces every decision about organisations, people and clients."""

from typing import Any

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.history.model import Body
from ecosystem.identity import model, rules
from ecosystem.identity.clients import model as client_model
from ecosystem.identity.clients import rules as client_rules
from ecosystem.identity.login import model as login
from ecosystem.identity.login import rules as login_rules
from ecosystem.identity.people import model as people
from ecosystem.identity.people import rules as joining
from ecosystem.identity.recovery import model as lost
from ecosystem.identity.recovery import rules as recovery
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import OPERATION
from ecosystem.sandbox.routes import ROUTES as SANDBOX
from ecosystem.values.scopes import SCOPES
from tests.parties import bearer, seeded

DECIDED: dict[str, tuple[Any, type, type]] = {
    "organisation.registered": (rules.register, model.RegistrationFacts, model.Registered),
    "organisation.established": (rules.establish, model.PlatformFacts, model.Registered),
    "organisation.verified": (rules.verify, model.OrganisationFacts, model.StateChanged),
    "organisation.suspended": (rules.suspend, model.OrganisationFacts, model.StateChanged),
    "person.invited": (joining.invite, people.InviteFacts, people.Invited),
    "invitation.withdrawn": (joining.withdraw, people.InvitationFacts, people.Withdrawn),
    "person.joined": (joining.accept, people.AcceptFacts, people.Joined),
    "person.roles_changed": (joining.change_roles, people.MembershipFacts, people.RolesChanged),
    "person.left": (joining.leave, people.MembershipFacts, people.Left),
    "person.deactivated": (joining.deactivate, people.PersonFacts, people.Deactivated),
    "person.reactivated": (joining.reactivate, people.PersonFacts, people.Reactivated),
    "person.recovery_offered": (recovery.offer, lost.OfferFacts, lost.RecoveryOffered),
    "person.account_created": (
        login_rules.create_account,
        login.AccountFacts,
        login.AccountCreated,
    ),
    "client.added": (client_rules.add_client, client_model.ClientFacts, client_model.ClientAdded),
    "client.deactivated": (rules.deactivate, model.MemberFacts, model.Deactivated),
}


async def _let_everything_happen(client: httpx.AsyncClient) -> None:
    bank = (await seeded(client)).party("bank")
    administrator = await bearer(client, "bank", "administrator")
    operator = await bearer(client, "platform", "operator")
    there = f"/v1/organisations/{bank.organisation_id}/invitations"
    asked = {"name": {"en": "Newcomer"}, "roles": ["lender"]}
    made = (await client.post(there, json=asked, headers=administrator)).json()
    lender = f"/v1/people/{bank.person('lender').id}"
    offered = await client.post(f"{lender}/recoveries", headers=administrator)
    assert offered.status_code == 201, offered.text
    reason = {"reason": "Asked for by the police."}
    for path, body, by in (
        (f"/v1/clients/{bank.clients[0].id}/deactivation", None, administrator),
        (f"/v1/invitations/{made['id']}/withdrawal", None, administrator),
        (f"{lender}/roles", {"roles": ["lender", "bidder"]}, administrator),
        (f"{lender}/leaving", None, administrator),
        (f"{lender}/deactivation", reason, operator),
        (f"{lender}/reactivation", reason, operator),
    ):
        answer = await client.post(path, json=body, headers=by | {"If-Match": "*"})
        assert answer.status_code == 200, answer.text
    suspended = await client.post(
        f"/v1/organisations/{bank.organisation_id}/suspension",
        json={"reason": "Unlicensed."},
        headers=operator | {"If-Match": '"v2"'},
    )
    assert suspended.status_code == 200


async def test_the_log_alone_decides_everything_again(
    client: httpx.AsyncClient, chosen: Settings, owner_url: str
) -> None:
    await _let_everything_happen(client)

    connection = await Database(owner_url, chosen).connect()
    rows = await connection.fetch("SELECT type, body, recorded_at FROM event")
    await connection.close()

    assert {row["type"] for row in rows} == set(DECIDED)
    for row in rows:
        rule, facts, decision = DECIDED[row["type"]]
        body = msgspec.json.decode(row["body"], type=Body)
        again = rule(msgspec.convert(body.facts, facts), by=body.by, at=row["recorded_at"])
        assert again == msgspec.convert(body.decision, decision), row["type"]


@pytest.mark.parametrize(
    "route", [*app.ROUTES, *SANDBOX], ids=lambda route: str(route.handler_name)
)
def test_every_scope_that_a_route_asks_for_can_be_held(route: Any) -> None:
    scope = route.opt[OPERATION].permit.scope

    assert scope is None or scope in SCOPES
