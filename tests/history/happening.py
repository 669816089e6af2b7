"""What else happens under a contract while people act: excuses, pauses, parts and silence."""

import asyncio
from typing import Any, Final

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ecosystem.runtime.database import Database
from tests.contracts.partnership import Partnership, awarded
from tests.history.acting import ACTED, OFFICER, SUPPLIER, VERIFIER, WORDS, Acting

ACTS: Final = ACTED | {"excuse", "granted", "refused"}
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
        """Have nothing asked yet."""
        self.excuses: list[str] = []

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
