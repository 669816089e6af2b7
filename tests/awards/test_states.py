"""No sequence of calls takes an award where the domain does not let it go.

A machine calls whatever it likes over HTTP, in any order and at any time; a model of a few
lines says what must come of it: success, or 409 or 422 with the name of the rule.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.values.period import wire
from tests.awarding import EVALUATORS, evaluated, ranked, scored, sifted
from tests.builders import OPENING, REASON, World, published, settled
from tests.parties import bearer

WHY = {"zh": REASON.zh, "en": REASON.en}
ALLOWED = {
    "proposed": {"proposed", "standstill", "cancelled"},
    "standstill": {"standstill", "suspended", "final"},
    "suspended": {"suspended", "standstill", "final", "cancelled"},
    "final": {"final"},
    "cancelled": {"cancelled"},
}
"""Where an award goes from where it is, as the domain says; the clock alone makes it final."""
STANDSTILL = timedelta(days=10)
MARKS = {"better": "90", "worse": "60"}
LOSER = {"better": "second_enterprise/bidder", "worse": "enterprise/bidder"}
_keys = count(1)


@dataclass
class House:
    """A service in this process, its parties, and what the calls to it have shown."""

    client: httpx.AsyncClient
    world: World
    loop: asyncio.AbstractEventLoop
    now: datetime = OPENING
    tokens: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    states: set[str] = field(default_factory=set[str])
    refusals: set[str] = field(default_factory=set[str])

    def wait_for(self, what: Awaitable[Any]) -> Any:
        """Have the service's own loop do something, from the thread of the machine."""

        async def done() -> Any:
            return await what

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result()

    async def post(self, who: str, path: str, body: object = None) -> httpx.Response:
        """Send as somebody; any version of what the path names will do."""
        if who not in self.tokens:
            party, _, person = who.partition("/")
            self.tokens[who] = await bearer(self.client, party, person)
        headers = {**self.tokens[who], "Idempotency-Key": f"state-{next(_keys)}", "If-Match": "*"}
        return await self.client.post(path, headers=headers, json=body)

    async def go_on(self, by: timedelta) -> None:
        """Move the clock."""
        self.now += by
        asked = {"now": wire(self.now), "runs": False}
        answer = await self.client.post("/v1/sandbox/clock", json=asked)
        assert answer.status_code == 200, answer.text


class Awards(RuleBasedStateMachine):
    """One contest of two offers, and whatever may be asked of its award."""

    house: ClassVar[House]

    @initialize()
    def begin(self) -> None:
        """Publish a need, and have two offers ranked."""
        self.need = self.house.wait_for(published(self.house.world))
        better, worse = self.house.wait_for(ranked(self.house.world, self.need))
        self.offers = {"better": better, "worse": worse}
        self.need_state, self.award, self.was = "evaluated", "", ""
        self.ends_at, self.challenge, self.is_open = OPENING, "", False
        self.challenged: set[str] = set()

    def _expect(self, answer: httpx.Response, refused: tuple[int, str] | None) -> bool:
        """Hold an answer against the model; return whether it was a success."""
        if refused is None:
            assert answer.status_code == 201, answer.text
            return True
        assert (answer.status_code, answer.json()["code"]) == refused, answer.text
        self.house.refusals.add(refused[1])
        return False

    def _stands(self) -> str:
        """Return where the award is by the model: what is kept of it, and the clock."""
        if self.was == "standstill" and self.house.now >= self.ends_at:
            return "final"
        return self.was

    @rule(name=st.sampled_from(["better", "worse"]))
    def propose(self, name: str) -> None:
        """Propose one of the two."""
        refused = None
        if self.need_state in {"opened", "cancelled"}:
            refused = (409, "not_evaluated")
        elif name != "better":
            refused = (422, "not_ranked_first")
        elif self.was not in {"", "cancelled"}:
            refused = (409, "awarded_before")
        body = {"offer_id": self.offers[name], "reason": WHY}
        path = f"/v1/lots/{self.need.lot_id}/awards"
        answer = self.house.wait_for(self.house.post("city/officer", path, body))
        if self._expect(answer, refused):
            self.award, self.was = answer.json()["id"], "proposed"
            self.is_open, self.challenge = False, ""

    @precondition(lambda self: self.award)
    @rule(act=st.sampled_from(["approval", "rejection"]))
    def judge(self, act: str) -> None:
        """Approve or reject what was proposed."""
        refused = None if self.was == "proposed" else (409, "already_approved")
        body = {"reason": WHY} if act == "rejection" else None
        path = f"/v1/awards/{self.award}/{act}"
        answer = self.house.wait_for(self.house.post("city/approver", path, body))
        if self._expect(answer, refused):
            self.was = "standstill" if act == "approval" else "cancelled"
            if act == "approval":
                self.ends_at, self.need_state = self.house.now + STANDSTILL, "awarded"

    @precondition(lambda self: self.award)
    @rule()
    def lodge(self) -> None:
        """Challenge the award."""
        refused = None
        if self.was not in {"standstill", "suspended"} or self.house.now >= self.ends_at:
            refused = (409, "no_standstill")
        elif self.award in self.challenged:
            refused = (409, "challenged_before")
        path = f"/v1/awards/{self.award}/challenges"
        answer = self.house.wait_for(self.house.post(LOSER["better"], path, {"grounds": WHY}))
        if self._expect(answer, refused):
            self.challenge, self.was, self.is_open = answer.json()["id"], "suspended", True
            self.challenged.add(self.award)

    @precondition(lambda self: self.challenge)
    @rule(
        outcome=st.sampled_from(["rejected", "upheld"]),
        remedy=st.sampled_from([None, "evaluation", "cancellation"]),
    )
    def decide(self, outcome: str, remedy: str | None) -> None:
        """Decide the challenge, with or without a remedy that fits."""
        refused = None
        if not self.is_open:
            refused = (409, "challenge_decided")
        elif (outcome == "upheld") != (remedy is not None):
            refused = (422, "remedy_unsound")
        named = {} if remedy is None else {"remedy": remedy}
        body = {"outcome": outcome, "reasons": WHY, **named}
        path = f"/v1/challenges/{self.challenge}/decision"
        answer = self.house.wait_for(self.house.post("oversight/reviewer", path, body))
        if self._expect(answer, refused):
            self.is_open = False
            self.was = "standstill" if outcome == "rejected" else "cancelled"
            ends = {"evaluation": "opened", "cancellation": "cancelled"}
            self.need_state = ends[remedy] if remedy else self.need_state
            self.propose(name="worse")

    @precondition(lambda self: self.need_state == "opened")
    @rule()
    def evaluate_again(self) -> None:
        """Decide on the offers anew and score them, as a reviewer has ordered; not before."""
        path = f"/v1/needs/{self.need.id}/evaluation"
        early = self.house.wait_for(self.house.post("city/officer", path))
        assert (early.status_code, early.json()["code"]) == (409, "offers_undecided"), early.text
        self.house.wait_for(sifted(self.house.world, self.need.id))
        for name, offer_id in self.offers.items():
            for who in EVALUATORS:
                self.house.wait_for(scored(self.house.world, offer_id, who, MARKS[name]))
        self.need_state = self.house.wait_for(evaluated(self.house.world, self.need.id))
        assert self.need_state == "evaluated"

    @rule()
    def wait(self) -> None:
        """Let a day pass."""
        self.house.wait_for(self.house.go_on(timedelta(days=1)))

    @precondition(lambda self: self.was == "standstill")
    @rule()
    def outlast(self) -> None:
        """Let the standstill end."""
        self.house.wait_for(self.house.go_on(STANDSTILL))

    @invariant()
    def goes_where_the_domain_lets_it(self) -> None:
        """Compare the award and its need with the model, and each step with the domain."""
        if not getattr(self, "award", ""):
            return
        shown = self.house.wait_for(self.house.client.get(f"/v1/awards/{self.award}")).json()
        need = self.house.wait_for(self.house.client.get(f"/v1/needs/{self.need.id}")).json()
        assert (shown["state"], need["state"]) == (self._stands(), self.need_state)
        before = self.seen.get(self.award, "proposed")
        assert shown["state"] in ALLOWED[before], (before, shown["state"])
        self.seen[self.award] = shown["state"]
        self.house.states.add(shown["state"])

    def __init__(self) -> None:
        """Begin without a need."""
        super().__init__()
        self.seen: dict[str, str] = {}


async def test_no_sequence_of_calls_takes_an_award_where_it_does_not_go(
    client: httpx.AsyncClient, database: Database, chosen: Settings
) -> None:
    world = await settled(database, Path(chosen.data_folder or "."))
    house = House(client, world, asyncio.get_running_loop())
    await house.go_on(timedelta(days=1))
    Awards.house = house
    chosen_so = settings(
        max_examples=20,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )

    await asyncio.to_thread(run_state_machine_as_test, Awards, settings=chosen_so)

    assert house.states == set(ALLOWED)
    assert house.refusals == {
        "not_evaluated", "not_ranked_first", "awarded_before", "already_approved",
        "no_standstill", "challenged_before", "challenge_decided", "remedy_unsound",
    }  # fmt: skip
