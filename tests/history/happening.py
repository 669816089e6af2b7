"""What else happens under a contract while people act: excuses, pauses, parts, and many at once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ecosystem.runtime.database import Database
from tests.contracts.partnership import Partnership, awarded
from tests.history.account import Account
from tests.history.acting import ACTED, CODES, OFFICER, SUPPLIER, VERIFIER, WORDS, Acting

APPROVER: Final = ("city", "approver")
ACTS: Final = ACTED | {
    "excuse",
    "granted",
    "refused",
    "suspension",
    "resumption",
    "accepted in part",
    "batch",
    "verified together",
}
"""All that is done, by whatever way it comes."""


def machine(client: httpx.AsyncClient, database: Database, superuser: str) -> type["Happening"]:
    """Return the machine on a service: each run has a contract of its own."""

    class Here(Happening):
        """The machine with what it has come to."""

        loop = asyncio.get_running_loop()

        async def opened(self) -> Partnership:
            return await (await awarded(client, database, superuser)).active()

    Here.points, Here.done = 0, set()
    return Here


class Happening(Acting):
    """The same contract, to which more happens."""

    def begins(self) -> None:
        """Have nothing asked yet, and the contract in force."""
        self.excuses: list[str] = []
        self.suspended_at: datetime | None = None
        self.pairs = 0

    @rule(
        ground=st.sampled_from(["force_majeure", "authority_fault", "planned_maintenance"]),
        month=st.integers(1, 9),
    )
    def is_to_be_excused(self, ground: str, month: int) -> None:
        """Ask to have a time of the metric excused, which changes nothing that is remembered."""
        span = {
            "starts_at": f"2026-0{month}-01T00:00:00Z",
            "ends_at": f"2026-0{month}-20T00:00:00Z",
        }
        body = {**span, "ground": ground, "reason": WORDS}
        path = f"/v1/metrics/{self.metric}/excusals"
        if made := self.does(path, body, by=SUPPLIER, act="excuse"):
            self.excuses.append(made["id"])
            self.do(self.took({}, {}))

    @precondition(lambda self: self.excuses)
    @rule(data=st.data(), granted=st.booleans(), by=st.sampled_from([OFFICER, VERIFIER]))
    def is_excused(self, data: st.DataObject, by: tuple[str, str], *, granted: bool) -> None:
        """Grant what was asked, or refuse it: what is excused shows in no value that was."""
        name = data.draw(st.sampled_from(self.excuses))
        body: dict[str, Any] = {"granted": granted, "reason": WORDS}
        act = "granted" if granted else "refused"
        if self.does(f"/v1/excusals/{name}/decision", body, by=by, act=act):
            self.do(self.took({}, {}))

    @precondition(lambda self: self.suspended_at is None)
    @rule(ground=st.sampled_from(["force-majeure", "safety"]))
    def is_suspended(self, ground: str) -> None:
        """Suspend the contract: it alone changes, and nothing is submitted until it goes on."""
        self._turns("suspension", ground=ground)
        self.suspended_at = datetime.now(UTC)
        self.things[self.there.contract_id].says.pop("suspended_at", None)
        self.changes(self.there.contract_id, state="suspended")

    @precondition(lambda self: self.suspended_at is not None)
    @rule()
    def goes_on(self) -> None:
        """Resume it: its end and what is not accepted move by the days of that, a day begun too."""
        assert self.suspended_at is not None
        self._turns("resumption")
        days = -(-(datetime.now(UTC) - self.suspended_at) // timedelta(days=1))
        contract, self.suspended_at = self.things[self.there.contract_id], None
        ends_on = date.fromisoformat(contract.now["ends_on"]) + timedelta(days=days)
        contract.says |= {
            "state": "active", "suspended_at": None, "ends_on": ends_on.isoformat(),
            "version": contract.now["version"] + 1,
        }  # fmt: skip
        moved = [self.codes[code] for code in CODES if code not in self.stand("accepted")]
        for name in moved:
            was = self.things[name].now
            due_at = datetime.fromisoformat(was["due_at"]) + timedelta(days=days)
            moves = {"due_at": due_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "version": was["version"] + 1}
            self.things[name].says |= moves
        self.do(self.took({}, dict.fromkeys([self.there.contract_id, *moved])))

    def _turns(self, kind: str, **more: str) -> None:
        path = f"/v1/contracts/{self.there.contract_id}/turns"
        made = self.does(path, {"kind": kind, "reason": WORDS, **more}, by=OFFICER, act=kind)
        assert made is not None
        approval = f"/v1/contract-turns/{made['id']}/approval"
        assert self.does(approval, None, by=APPROVER, act=kind)

    @precondition(lambda self: self.stand("submitted"))
    @rule(data=st.data(), share=st.sampled_from(["0.3", "0.45"]), is_named=st.booleans())
    def is_accepted_in_part(self, data: st.DataObject, share: str, *, is_named: bool) -> None:
        """Accept a share, and may be a deliverable of several; the rest is submitted again."""
        name = self.codes[data.draw(st.sampled_from(self.stand("submitted")))]
        was = self.things[name].now
        left = [one for one in was["evidence_asked"] if one not in was["accepted_deliverables"]]
        named = left[:1] if is_named and len(left) > 1 else []
        finding = {"part": left[-1], "reasons": WORDS, "remedy": WORDS}
        rest = {"reasons": WORDS, "remedy": WORDS, "findings": [finding]}
        body = {"deliverables": named, "share": share, "rest": rest}
        path = f"/v1/milestones/{name}/qualified-acceptance"
        if self.does(path, body, by=OFFICER, act="accepted in part"):
            accepted = Decimal(was["accepted_share"]) + Decimal(share)
            self.changes(
                name, state="partly_accepted", accepted_share=f"{accepted.normalize():f}",
                accepted_deliverables=[*was["accepted_deliverables"], *named], judge_by=None,
                reasons=WORDS, findings=[finding],
            )  # fmt: skip

    @rule(value=st.integers(70, 99))
    def are_reported_in_a_batch(self, value: int) -> None:
        """Report two days at once."""
        spans, name = [_day(2 * self.pairs), _day(2 * self.pairs + 1)], str(value)
        rows = [{**span, "value": name, "source": "monitor"} for span in spans]
        path = f"/v1/metrics/{self.daily}"
        if self.does(f"{path}/batches", rows, by=SUPPLIER, act="batch") is None:
            return
        self.pairs += 1
        listed = self.do(self.get(f"{path}/observations?limit=100"))["data"]
        names = [one["id"] for one in listed if one["period"] in spans]
        says = {"state": "reported", "value": name, "supersedes": None, "version": 1}
        made = {one: Account(f"/v1/observations/{one}", dict(says)) for one in names}
        assert len(made) == len(spans)
        self.do(self.took(made, dict.fromkeys(made)))

    def _daily(self) -> dict[str, dict[str, Any]]:
        """Return what is observed by day, and nothing has corrected."""
        found = {name: self.things[name].now for name in self.observed()}
        return {
            name: now
            for name, now in found.items()
            if now["metric_id"] == self.daily and now["superseded_by"] is None
        }

    @precondition(lambda self: self._daily())
    @rule(data=st.data(), value=st.integers(70, 99))
    def is_corrected_by_day(self, data: st.DataObject, value: int) -> None:
        """Correct a day, whatever way it was reported and judged."""
        name = data.draw(st.sampled_from(list(self._daily())))
        span = self.things[name].now["period"]
        self.reports_on(self.daily, span, value, before=name)

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def are_verified_together(self, data: st.DataObject) -> None:
        """Verify all that is reported of two days, and corrects nothing."""
        pair = data.draw(st.integers(0, self.pairs - 1))
        spans = [_day(2 * pair), _day(2 * pair + 1)]
        period = {"starts_on": spans[0]["starts_on"], "ends_on": spans[1]["ends_on"]}
        path = f"/v1/metrics/{self.daily}/verifications"
        body = {"period": period, "reason": WORDS}
        if self.does(path, body, by=VERIFIER, act="verified together") is None:
            return
        chosen = [
            name
            for name, now in self._daily().items()
            if now["period"] in spans and now["state"] == "reported" and now["supersedes"] is None
        ]
        assert chosen
        for name in chosen:
            version = self.things[name].now["version"] + 1
            self.things[name].says |= {"state": "verified", "version": version}
        self.do(self.took({}, dict.fromkeys(chosen)))


def _day(number: int) -> dict[str, str]:
    first = date(2025, 4, 1) + timedelta(days=number)
    return {"starts_on": first.isoformat(), "ends_on": (first + timedelta(days=1)).isoformat()}
