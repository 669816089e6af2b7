"""People act under a contract and correct themselves at random, and somebody keeps an account."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, ClassVar, Final

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ecosystem.values.period import wire
from tests.contracts.changing import PARTIES
from tests.contracts.partnership import Partnership
from tests.history.account import Account, Json, Step
from tests.parties import comes_true

OFFICER: Final = ("city", "officer")
SUPPLIER: Final = ("enterprise", "delivery")
VERIFIER: Final = ("verifier", "verifier")
WORDS: Final = {"zh": "见记录", "en": "See the record"}
AFTER: Final = {"catalogue-published": "takeover"}
"""Which of the milestones comes after which."""
CODES: Final = ("takeover", "catalogue-published", "quarterly-report-01")
MOVED: Final = "quarterly-report-01"
"""The milestone for which another date is agreed on."""
ACTED: Final = {
    "submitted", "accepted", "accepted from another day", "rejected", "reported", "corrected",
    "verification", "dispute", "annulment", "agreed otherwise", "signed",
}  # fmt: skip
"""What is done, by whatever way it comes."""
WITH_TIME: Final = ("timeliness", "blocked_by", "blocks")
"""What is of a moment rather than of an act: the clock changes it, or another milestone."""
TICK: Final = timedelta(microseconds=1)
LEFT: Final = ("planned", "rejected", "partly_accepted")
"""How a milestone stands of which something is still to be submitted."""
FIRST_DAY: Final = datetime(2025, 4, 20, tzinfo=UTC)


class Acting(RuleBasedStateMachine):
    """One contract in force, with some milestones, a metric, and what is observed of it."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    points: ClassVar[int]
    """How many answers have been compared, in all runs."""
    done: ClassVar[set[str]]
    """Which acts were not refused, in all runs."""

    async def opened(self) -> Partnership:
        """Return a contract in force."""
        raise NotImplementedError

    def do(self, what: Awaitable[Any]) -> Any:
        """Have the service's own loop do something, from the thread of the machine."""

        async def done() -> Any:
            return await what

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result()

    @initialize()
    def comes_into_force(self) -> None:
        self.there: Partnership = self.do(self.opened())
        self.moments: list[datetime] = []
        self.things: dict[str, Account] = {}
        self.codes: dict[str, str] = {}
        self.days: set[datetime] = set()
        self.documents: list[str] = []
        self.reports = 0
        self.begins()
        self.do(self._begin())

    def begins(self) -> None:
        """Prepare what acts of another kind need."""

    async def _begin(self) -> None:
        contract = f"/v1/contracts/{self.there.contract_id}"
        for content in (b"%PDF-1", b"%PDF-2"):
            self.documents.append((await self.there.file(content, by=SUPPLIER)).json()["id"])
        milestones = await self.get(f"{contract}/milestones?limit=100")
        metrics = await self.get(f"{contract}/metrics")
        self.codes = {one["code"]: one["id"] for one in milestones["data"]}
        by_code = {one["code"]: one["id"] for one in metrics["data"]}
        self.metric, self.daily = by_code["data-quality"], by_code["response-time"]
        made = {self.there.contract_id: Account(contract, {"state": "active", "edition": 1})}
        for code in CODES:
            milestone = self.codes[code]
            says = {"state": "planned", "round": 0, "accepted_share": "0", "version": 1}
            made[milestone] = Account(f"/v1/milestones/{milestone}", says)
        planned = await self.get(f"/v1/milestones/{self.codes[MOVED]}")
        self.agreed_on: str = planned["due_at"][:10]
        made[self.metric] = Account(f"/v1/metrics/{self.metric}", {"version": 1})
        await self.took(made, dict.fromkeys(made))

    async def get(self, path: str) -> Any:
        """Return what an officer reads there."""
        answer = await self.there.get(path, by=OFFICER)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def took(self, made: dict[str, Account], changed: dict[str, datetime | None]) -> None:
        """Look at everything after an act: what it changed, and since when; and nothing else."""
        self.things |= made
        act, now = len(self.moments), datetime.now(UTC)
        read = {name: await self.get(one.path) for name, one in self.things.items()}
        for name, one in self.things.items():
            whole = read[name]
            assert {member: whole[member] for member in one.says} == one.says, name
            before = one.now if one.steps else {}
            other = {
                member: value for member, value in whole.items() if before.get(member) != value
            }
            if name in changed:
                one.steps.append(Step(act, changed[name] or now, whole, other))
                assert not before or whole["version"] == before["version"] + 1
            else:
                assert other.keys() <= set(WITH_TIME), (name, other)
        self.moments.append(now)
        for name, whole in read.items():
            self._of_a_moment(name, whole, act=act, valid_at=None)

    def does(self, path: str, body: object, *, by: tuple[str, str], act: str) -> Json | None:
        """Act. Return the answer, or None where it was refused."""
        answer: httpx.Response = self.do(self.there.post(path, body, by=by, If_Match="*"))
        assert answer.status_code in {201, 403, 409, 422}, answer.text
        if answer.status_code != 201:
            return None
        self.done.add(act)
        found: Json = answer.json()
        return found

    def changes(self, name: str, *, valid_at: datetime | None = None, **says: Any) -> None:
        self.things[name].says |= {**says, "version": self.things[name].now["version"] + 1}
        self.do(self.took({}, {name: valid_at}))

    def stand(self, *states: str) -> list[str]:
        """Return the codes of the milestones in one of these states."""
        return [code for code in CODES if self.things[self.codes[code]].now["state"] in states]

    @precondition(lambda self: self.stand(*LEFT))
    @rule(data=st.data(), days=st.integers(0, 30))
    def is_submitted(self, data: st.DataObject, days: int) -> None:
        code = data.draw(st.sampled_from(self.stand(*LEFT)))
        name, at = self.codes[code], FIRST_DAY + timedelta(days=days)
        body = {"documents": self.documents, "delivered_at": wire(at), "declaration": WORDS}
        if self.does(f"/v1/milestones/{name}/submission", body, by=SUPPLIER, act="submitted"):
            self.days.add(at)
            was = self.things[name].now
            self.changes(
                name, valid_at=at, state="submitted", round=was["round"] + 1,
                delivered_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"), verification=None,
                reasons=None, findings=[],
            )  # fmt: skip

    @precondition(lambda self: self.stand("submitted"))
    @rule(data=st.data())
    def is_accepted(self, data: st.DataObject) -> None:
        name = self.codes[data.draw(st.sampled_from(self.stand("submitted")))]
        if self.does(f"/v1/milestones/{name}/acceptance", None, by=OFFICER, act="accepted"):
            self.changes(name, state="accepted", accepted_share="1", judge_by=None)

    @precondition(lambda self: self.stand("submitted"))
    @rule(data=st.data(), days=st.integers(0, 30))
    def is_accepted_from_another_day(self, data: st.DataObject, days: int) -> None:
        name = self.codes[data.draw(st.sampled_from(self.stand("submitted")))]
        at = wire(FIRST_DAY + timedelta(days=days, hours=1))
        body = {"delivery": {"delivered_at": at, "reason": WORDS}}
        path = f"/v1/milestones/{name}/qualified-acceptance"
        if self.does(path, body, by=OFFICER, act="accepted from another day"):
            self.changes(name, state="accepted", accepted_share="1")

    @precondition(lambda self: self.stand("submitted"))
    @rule(data=st.data())
    def is_rejected(self, data: st.DataObject) -> None:
        name = self.codes[data.draw(st.sampled_from(self.stand("submitted")))]
        was = self.things[name].now
        part = next(p for p in was["evidence_asked"] if p not in was["accepted_deliverables"])
        finding = {"part": part, "reasons": WORDS, "remedy": WORDS}
        body = {"reasons": WORDS, "remedy": WORDS, "findings": [finding]}
        if self.does(f"/v1/milestones/{name}/rejection", body, by=OFFICER, act="rejected"):
            self.changes(name, state="rejected", reasons=WORDS, findings=[finding])

    @rule(chain=st.integers(0, 1), value=st.integers(70, 99), corrects=st.booleans())
    def is_reported(self, chain: int, value: int, *, corrects: bool) -> None:
        """Report for a quarter; a correction marks the report before since that was made."""
        period = [("2025-04-01", "2025-07-01"), ("2025-07-01", "2025-10-01")][chain]
        span = {"starts_on": period[0], "ends_on": period[1]}
        self.reports_on(self.metric, span, value, before=self._last(span) if corrects else None)

    def reports_on(self, metric: str, span: Json, value: int, *, before: str | None) -> None:
        """Report a value of a metric by itself, may be as a correction of one before."""
        self.reports += 1
        body: Json = {"period": span, "value": f"{value}.{self.reports}", "source": "monitor"}
        body["method"] = WORDS
        if before is not None:
            body["supersedes"] = before
        path = f"/v1/metrics/{metric}/observations"
        made = self.does(path, body, by=SUPPLIER, act="corrected" if before else "reported")
        if made is None:
            return
        says = {"state": "reported", "value": body["value"], "supersedes": before, "version": 1}
        new = {made["id"]: Account(f"/v1/observations/{made['id']}", says)}
        changed: dict[str, datetime | None] = {made["id"]: None}
        if before is not None:
            marked = self.things[before]
            changed[before] = self.moments[marked.steps[0].act]
            marked.says |= {"superseded_by": made["id"], "version": marked.now["version"] + 1}
        self.do(self.took(new, changed))

    def observed(self) -> list[str]:
        """Return all observations that there are."""
        return [name for name in self.things if name.startswith("observation_")]

    def _last(self, span: Json) -> str | None:
        return next(
            (one for one in reversed(self.observed()) if self.things[one].now["period"] == span),
            None,
        )

    @precondition(lambda self: self.observed())
    @rule(data=st.data(), act=st.sampled_from(["verification", "dispute", "annulment"]))
    def is_judged(self, data: st.DataObject, act: str) -> None:
        """Verify, dispute or annul; what a verified correction takes over from is void."""
        name = data.draw(st.sampled_from(self.observed()))
        by = OFFICER if act == "dispute" else VERIFIER
        path = f"/v1/observations/{name}/{act}"
        if self.does(path, {"reason": WORDS}, by=by, act=act) is None:
            return
        states = {"verification": "verified", "dispute": "disputed", "annulment": "void"}
        changed: dict[str, str] = {name: states[act]}
        before = self.things[name].now["supersedes"] if act == "verification" else None
        while before is not None:
            if self.things[before].now["state"] == "verified":
                changed[before] = "void"
            before = self.things[before].now["supersedes"]
        for one, state in changed.items():
            version = self.things[one].now["version"] + 1
            self.things[one].says |= {"state": state, "version": version}
        self.do(self.took({}, dict.fromkeys(changed)))

    @rule(aim=st.integers(1, 9), day=st.integers(1, 28))
    def is_agreed_otherwise(self, aim: int, day: int) -> None:
        """Sign another edition: another date of a milestone, another target of the metric."""
        code, due_on = MOVED, f"2025-08-{day:02}"
        changes = {
            "due_dates": [{"code": code, "due_on": due_on}],
            "targets": [{"code": "data-quality", "target": f"9{aim}"}],
        }
        contract = self.things[self.there.contract_id]
        body = {
            "base_digest": contract.now["terms_digest"], "ground": "agreement", "changes": changes,
            "reason": WORDS,
        }  # fmt: skip
        made = self.does(f"{contract.path}/changes", body, by=OFFICER, act="agreed otherwise")
        if made is None:
            return
        change = self.do(self.get(f"/v1/contract-changes/{made['id']}"))
        for party in PARTIES:
            path = f"/v1/contract-changes/{made['id']}/signatures"
            signed = {"digest": change["terms_digest"]}
            assert self.does(path, signed, by=(party, "signatory"), act="signed")
        contract.says |= {
            "edition": contract.now["edition"] + 1, "version": contract.now["version"] + 1,
        }  # fmt: skip
        names = [self.there.contract_id]
        for name, member, value, is_other in (
            (self.codes[code], "due_at", f"{due_on}T16:00:00Z", due_on != self.agreed_on),
            (self.metric, "target", f"9{aim}", self.things[self.metric].now["target"] != f"9{aim}"),
        ):
            if is_other:
                self.things[name].says[member] = value
                self.things[name].says["version"] = self.things[name].now["version"] + 1
                names.append(name)
        self.agreed_on = due_on
        self.do(self.took({}, dict.fromkeys(names)))

    def teardown(self) -> None:
        self.do(self._compare())

    async def _compare(self) -> None:
        """Ask for everything after each act, by both ways to name that, and at every time."""
        places = await self._places()
        valid = [one + step for one in self.days for step in (-TICK, 0 * TICK)] + self.moments
        for act, moment in enumerate(self.moments):
            for as_of in (wire(moment), f"position:{places[act]}"):
                for name in self.things:
                    for valid_at in (None, *valid):
                        await self._at(name, as_of, act, valid_at)

    async def _places(self) -> list[int]:
        """Return the place in the log of the last event up to each act; some acts have none."""
        found: dict[str, list[Json]] = {}

        async def are_placed() -> bool:
            for name, one in self.things.items():
                found[name] = (await self.get(f"{one.path}/history?limit=100"))["data"]
            return all(entry["position"] for entries in found.values() for entry in entries)

        assert await comes_true(are_placed, within_s=10)
        places = [0] * len(self.moments)
        for name, one in self.things.items():
            by_version = {
                entry["body"]["after"]["version"]: entry["position"] for entry in found[name]
            }
            for step in one.steps:
                place = by_version[step.whole["version"]]
                places[step.act] = max(places[step.act], place)
        return list(accumulate(places, max))

    async def _at(self, name: str, as_of: str, act: int, valid_at: datetime | None) -> None:
        one, now = self.things[name], self.moments[act]
        query = {"as_of": as_of} | ({} if valid_at is None else {"valid_at": wire(valid_at)})
        headers = await self.there.as_(*OFFICER)
        answer = await self.there.client.get(one.path, params=query, headers=headers)
        expected = one.was(act, valid_at)
        type(self).points += 1
        if expected is None:
            assert (answer.status_code, answer.json()["code"]) == (404, "nothing_then"), query
            return
        found = answer.json()
        assert answer.status_code == 200, answer.text
        correction = found.pop("then")["corrected_by"]
        version = None if correction is None else correction["version"]
        assert version == one.corrected_by(act, valid_at, by=now), (name, query)
        self._of_a_moment(name, found, act=act, valid_at=valid_at)
        for member in WITH_TIME:
            found.pop(member, None)
        assert found == {key: expected[key] for key in found}, (name, query)
        assert expected.keys() - found.keys() <= set(WITH_TIME)

    def _of_a_moment(self, name: str, found: Json, *, act: int, valid_at: datetime | None) -> None:
        """Assert what a milestone says of its date, and of those before and after it."""
        if not name.startswith("milestone_"):
            return
        at = self.moments[act] if valid_at is None else min(valid_at, self.moments[act])
        counts = {"submitted": "delivered_at", "accepted": "accepted_delivery_at"}
        delivered = found.get(counts.get(found["state"], ""))
        compared = at if delivered is None else datetime.fromisoformat(delivered)
        timeliness = "met" if found["state"] == "accepted" else None
        if compared > datetime.fromisoformat(found["due_at"]):
            timeliness = "not_met"
        assert found["timeliness"] == timeliness, (name, act, valid_at)
        assert (found["blocked_by"], found["blocks"]) == self._order(found, act, valid_at), name

    def _order(
        self, found: Json, act: int, valid_at: datetime | None
    ) -> tuple[list[str], list[str]]:
        """Return which milestones come before one, and which after it, that wait for it.

        As it is known it waits until the one before is accepted. At another time it waits for
        what it waited for when it last changed, unless that was accepted by then; and what waits
        for it is what did when it last changed, or where the terms have changed, when they did.
        """
        were = {code: self.things[self.codes[code]].was(act, valid_at) or {} for code in CODES}
        accepted = {code for code, one in were.items() if one.get("state") == "accepted"}
        waits = {code: one.get("blocked_by", []) for code, one in were.items()}
        if valid_at is None:
            waits = {code: [AFTER[code]] if code in AFTER else [] for code in CODES}
        this: str = found["code"]
        blocks = [code for code in CODES if this in waits[code]] if this not in accepted else []
        if valid_at is not None and self.things[self.there.contract_id].now["edition"] == 1:
            blocks = were[this]["blocks"]
        return [code for code in waits[this] if code not in accepted], blocks
