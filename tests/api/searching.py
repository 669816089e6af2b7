"""Searches a whole API with schemathesis: a service of its own, with a partnership in it.

The sandbox is filled by the journey of the demonstration, so that most operations find
something to work on; each is called by a person who may call it, and the two enterprises are
the peers who must not see what is the other's.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from ecosystem import app
from ecosystem.cli import bidding
from ecosystem.cli.caller import Caller
from ecosystem.cli.partnership import STEPS
from ecosystem.cli.texts import CONSORTIUM, text
from ecosystem.cli.world import World, wire
from ecosystem.identity.model import KINDS_OF_ROLE
from ecosystem.manual import describe
from ecosystem.runtime.minting import mint
from ecosystem.runtime.operation import Operation
from ecosystem.sandbox import routes as sandbox
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.identifiers import authority_of
from tests.journeys import altering, lending
from tests.serving.service import Service, environ

HERE: Final = Path(__file__).parent
ENDING: Final = (
    "move_sandbox_clock",
    "suspend_organisation",
    "verify_organisation",
    "change_roles",
    "leave_organisation",
    "deactivate_person",
    "reactivate_person",
    "deactivate_client",
)
"""Operations that end what others stand on: they are searched by themselves, after the others.

A year that passes closes every need, a suspended organisation offers nothing, and the token of
who is no more is refused at the door: a search that met these early would learn little more.
"""
READ_WITH_THEM: Final = (
    "read_organisation",
    "read_person",
    "read_client",
    "read_sandbox_clock",
)
"""What these operations lead to, and are led to from."""
PEERS: Final = ("enterprise", "second_enterprise")
PEOPLE: Final[Mapping[str, str]] = {
    "enterprise": "enterprise",
    "second_enterprise": "second_enterprise",
    "city": "city",
    "second_city": "city",
    "opener": "city/opener",
    "evaluator": "city/evaluator",
    "bank": "bank",
    "verifier": "verifier",
    "auditor": "auditor",
    "oversight": "oversight",
    "operator": "platform",
}
"""Who calls, by their names here: seeded people, some of them given all roles of their kind."""
OPERATIONS: Final = describe.operations_of([*app.ROUTES, *sandbox.ROUTES])
_IDENTIFIER: Final = re.compile(rb"\b([a-z]+)_[0-9a-f]{12}7[0-9a-f]{3}[89][0-9a-f]{15}\b")
_KEPT: Final = 8
_OF_ROLE: Final = {
    Role.APPROVER: "second_city",
    Role.OPENER: "opener",
    Role.EVALUATOR: "evaluator",
    Role.VERIFIER: "verifier",
    Role.REVIEWER: "oversight",
}
_OF_KIND: Final = {
    OrganisationKind.GOVERNMENT: "city",
    OrganisationKind.THINK_TANK: "verifier",
    OrganisationKind.FINANCIAL_INSTITUTION: "bank",
    OrganisationKind.AUDITOR: "auditor",
    OrganisationKind.PLATFORM: "operator",
}


@dataclass(frozen=True)
class Report:
    """What a search has found."""

    code: int
    said: str
    summary: dict[str, Any]


class Search:
    """A service with a world in it, and what is known of that world."""

    def __init__(self, service: Service, folder: Path) -> None:
        """Fill the world of `service`, and write down in `folder` what is known of it."""
        self.address = service.address
        self._folder = folder
        self.identifiers: dict[str, list[str]] = {}
        self.bodies: dict[str, Any] = {}
        hooks = {"response": [self._note]}
        with httpx.Client(base_url=service.address, timeout=30, event_hooks=hooks) as http:
            caller = Caller(http, service.folder)
            _fill(World(caller))
            self.tokens = {name: _token(caller, name, place) for name, place in PEOPLE.items()}
            self._look_around(caller)
        self._write("tokens.json", {"auth": [_fixed(*one) for one in self.tokens.items()]})
        self._write(
            "world.json",
            {
                "identifiers": self.identifiers,
                "bodies": self.bodies,
                "identities": {f"{one.method} {one.path}": who(one) for one in OPERATIONS},
            },
        )

    def run(
        self,
        *arguments: str,
        only: Iterable[str] = (),
        without: Iterable[str] = (),
        address: str | None = None,
        varied: bool = False,
    ) -> Report:
        """Search, with all phases and checks; return what was found.

        `address` is where the service is reached, when it is not by its own; a search that is
        `varied` takes another way for each seed.
        """
        self._configure(without, varied=varied)
        report = self._folder / "report.json"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "schemathesis.cli", "run", "--no-color"]
        command += ["--report-json-path", str(report), *arguments]
        for name in only:
            command += ["--include-operation-id", name]
        settings = {"SEARCHED": str(self._folder), "SCHEMATHESIS_HOOKS": "tests.api.hooks"}
        ended = subprocess.run(
            [*command, f"{address or self.address}/openapi.json"],
            cwd=self._folder,
            env={**environ(**settings), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        summary = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return Report(ended.returncode, ended.stdout + ended.stderr, summary)

    def _configure(self, without: Iterable[str], *, varied: bool) -> None:
        """Write the configuration: the one beside this file, and what is of this world alone."""
        common = (HERE / "schemathesis.toml").read_text(encoding="utf-8")
        lines = [
            common.replace("deterministic = true", "deterministic = false") if varied else common
        ]
        if names := list(without):
            lines += ["[[operations]]", f"include-operation-id = {names}", "enabled = false"]
        (self._folder / "schemathesis.toml").write_text("\n".join(lines), encoding="utf-8")

    def _note(self, response: httpx.Response) -> None:
        """Keep the identifiers of an answer, the newest first, and the body that was accepted."""
        request = response.request
        if not request.url.path.startswith("/v1/"):
            return
        if response.is_success and request.headers.get("content-type") == "application/json":
            name = _operation(request.method, request.url.path).name
            self.bodies[name] = json.loads(request.content)
        for found in _IDENTIFIER.finditer(response.read()):
            name = "organisation_id" if found[1] == b"org" else f"{found[1].decode()}_id"
            known = self.identifiers.setdefault(name, [])
            if (identifier := found[0].decode()) not in known:
                known.insert(0, identifier)
                del known[_KEPT:]

    def _look_around(self, caller: Caller) -> None:
        """Read and make what the journey has not, and put first what the callers own."""
        contract = f"/v1/contracts/{self.identifiers['contract_id'][0]}"
        said = {"name": "a.txt", "media_type": "text/plain", "bytes": 1_000_000, "sha256": "0" * 64}
        caller.post(f"{contract}/uploads", "enterprise/delivery", said)
        for path in ("documents", "metrics", "milestones", "payments", "calculations"):
            caller.get(f"{contract}/{path}", "enterprise/delivery", limit=100)
        for path in ("/v1/payment-files", "/v1/bank-reports", "/v1/bank-items"):
            caller.get(path, "city/treasurer")
        for path in ("/v1/offers", "/v1/awards", "/v1/contracts"):
            caller.get(path, "enterprise/bidder")
        self._report(caller, contract)
        wanted = {"name": text("城市数据", "City data"), "filters": {"text": "数据"}}
        caller.post("/v1/saved-searches", "enterprise/bidder", wanted)
        kept = {"url": "https://hooks.example/ecosystem", "event_types": ["search.dropped"]}
        caller.post("/v1/webhooks", "enterprise/bidder", kept)
        self._put_first(caller)

    def _report(self, caller: Caller, contract: str) -> None:
        """Report a batch of observations, and have a time excused."""
        listed = caller.get(f"{contract}/metrics", "city/officer", limit=100)["data"]
        metric_id = next(one["id"] for one in listed if one["code"] == "response-time")
        now = datetime.fromisoformat(caller.get("/v1/sandbox/clock")["now"])
        begins, ends = ((now - timedelta(days=ago)).date().isoformat() for ago in (3, 2))
        day = {"starts_on": begins, "ends_on": ends, "value": "1", "source": "log"}
        caller.post(f"/v1/metrics/{metric_id}/batches", "enterprise/delivery", [day])
        time = {"starts_at": f"{begins}T00:00:00Z", "ends_at": f"{ends}T00:00:00Z"}
        asked = {**time, "ground": "force_majeure", "reason": text("台风", "A typhoon")}
        caller.post(f"/v1/metrics/{metric_id}/excusals", "enterprise/delivery", asked)

    def _put_first(self, caller: Caller) -> None:
        """Put first what the callers own, and name what the journey has not made."""
        self._begin(caller)
        own = {
            "organisation_id": caller.organisation("enterprise"),
            "person_id": caller.person("enterprise/bidder")["id"],
            "client_id": caller.client("enterprise/system")["id"],
        }
        for name, identifier in own.items():
            others = [one for one in self.identifiers[name] if one != identifier]
            self.identifiers[name] = [identifier, *others]
        self.identifiers |= {
            "form_id": ["city-data-platform-operation"],
            "profile_id": ["sandbox", "eu-directives"],
            "code": ["not_found"],
        }
        # Nobody here has an outside identity, for no outside issuer is configured.
        self.identifiers["identity_id"] = [mint("identity")]
        # The demonstration substitutes nobody.
        authority = authority_of(self.identifiers["need_id"][0])
        self.identifiers["substitution_id"] = [mint("substitution", authority=authority)]
        # Nor does it dispute a payment, or deduct from one.
        self.identifiers.setdefault("dispute_id", [mint("dispute", authority=authority)])
        self.identifiers.setdefault("deduction_id", [mint("deduction", authority=authority)])
        # Nothing is sent to the webhook, which waits for what does not happen.
        self.identifiers.setdefault("delivery_id", [mint("delivery", authority=authority)])
        # Nor has any price in the journey been abnormally low.
        self.identifiers["explanation_id"] = [mint("explanation", authority=1)]
        taken = {name for one in OPERATIONS for name in re.findall(r"\{(\w+)\}", one.path)}
        self.identifiers = {name: self.identifiers[name] for name in sorted(taken)}

    def _begin(self, caller: Caller) -> None:
        """Propose a shift, open an assessment, keep a search, and write a finding."""
        wanted = {"name": text("城市数据", "City data"), "filters": {"text": "数据"}}
        caller.post("/v1/saved-searches", "enterprise/bidder", wanted)
        programme_id, why = self.identifiers["programme_id"][0], text("示例", "An example")
        given = caller.get(f"/v1/programmes/{programme_id}/appropriations")["data"][0]["id"]
        shift = {"kind": "correction", "appropriation_id": given, "reason": why}
        caller.post(f"/v1/programmes/{programme_id}/shifts", "city/treasurer", shift)
        year = caller.get(f"/v1/programmes/{programme_id}")["fiscal_year"]
        asked = {"programme_id": programme_id, "fiscal_year": year}
        asked |= {"reviewer_id": caller.organisation("auditor")}
        caller.post("/v1/assessments", "city/officer", asked)
        found = {"object_id": self.identifiers["contract_id"][0], "title": why, "text": why}
        caller.post(
            "/v1/findings", "auditor/auditor", {**found, "reply_by": "2198-01-01T00:00:00Z"}
        )

    def _write(self, name: str, content: object) -> None:
        file = self._folder / name
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def who(one: Operation) -> str:
    """Return the name of who calls an operation: where many may, the first of the peers."""
    permit = one.permit
    if one.name == "read_need":
        return "city"
    for role, name in _OF_ROLE.items():
        if permit.roles == (role,):
            return name
    return next((_OF_KIND[kind] for kind in permit.kinds if kind in _OF_KIND), PEERS[0])


def _operation(method: str, path: str) -> Operation:
    return next(
        one
        for one in OPERATIONS
        if one.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), path)
    )


def _fill(world: World) -> None:
    """Take a partnership from its budget to its audit, and begin another."""
    for step in STEPS:
        step.run(world)
    bidding.budget(world)
    bidding.need(world)
    bidding.question(world)
    bidding.offer(world, "delivery", [("enterprise", "100")], CONSORTIUM)
    bidding.budget(world)
    bidding.need(world)
    lending.finance(world)
    altering.changes(world)
    altering.turns(world)
    _deliver(world)
    world.caller.post("/v1/sandbox/clock", None, {"now": wire(world.now), "runs": True})


def _deliver(world: World) -> None:
    """Submit three milestones more; have one accepted, to be paid, and one rejected."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    listed = call.get(f"{contract}/milestones", "city/officer", limit=100)["data"]
    planned = [one for one in listed if one["state"] == "planned"][:3]
    acts = ("acceptance", "rejection", None)
    for milestone, act in zip(planned, acts, strict=True):
        there = f"/v1/milestones/{milestone['id']}"
        delivered = {
            "documents": [
                call.upload(
                    f"{contract}/documents", "enterprise/delivery", name="report.txt",
                    media_type="text/plain", content=f"{milestone['code']}: {kind}\n".encode(),
                )["id"]
                for kind in call.get(there, "city/officer")["evidence_asked"]
            ],
            "delivered_at": wire(world.now),
            "declaration": text("完成", "Done"),
        }  # fmt: skip
        call.post(f"{there}/submission", "enterprise/delivery", delivered, changes=there)
        if act is not None:
            why = {"reasons": text("缺", "Missing"), "remedy": text("补", "Add")}
            part = call.get(there, "city/officer")["evidence_asked"][0]
            rejected = {**why, "findings": [{"part": part, **why}]}
            body = rejected if act == "rejection" else None
            call.post(f"{there}/{act}", "city/officer", body, changes=there)


def _token(caller: Caller, name: str, place: str) -> str:
    """Return the token of a seeded person, or of one who is given all roles that there are."""
    party, _, key = place.partition("/")
    seeded = caller.parties[party]
    chosen = key or ("second_officer" if name.startswith("second_c") else "")
    first = "operator" if party == "platform" else "administrator"
    person_id = caller.person(f"{party}/{chosen or first}")["id"]
    if not key:
        kind = OrganisationKind(seeded["kind"])
        there = f"/v1/people/{person_id}"
        roles = [role for role in Role if kind in KINDS_OF_ROLE[role]]
        caller.post(f"{there}/roles", f"{party}/{first}", {"roles": roles}, changes=there)
    return _given(caller, person_id, seeded["organisation_id"])


def _given(caller: Caller, person_id: str, organisation_id: str) -> str:
    wanted = {"person_id": person_id, "organisation_id": organisation_id}
    token: str = caller.post("/v1/sandbox/tokens", None, wanted)["access_token"]
    return token


def _fixed(name: str, token: str) -> dict[str, Any]:
    return {
        "name": name,
        "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}],
    }
