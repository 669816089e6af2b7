"""Whatever happens to a contract, in whatever order, it stands as a small model says."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import UNSET

from ecosystem.catalogue.profiles.model import Rules
from ecosystem.catalogue.profiles.reading import read_profile
from ecosystem.contracts.changes import rules as changing
from ecosystem.contracts.changes.model import SignFacts
from ecosystem.contracts.changes.model import State as ChangeState
from ecosystem.contracts.model import SignedBy, State
from ecosystem.contracts.turning import rules as turning
from ecosystem.contracts.turning.model import Kind, ProposeFacts, TurnDraft, TurnFacts
from ecosystem.contracts.turning.model import State as TurnState
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

START = datetime(2026, 3, 1, tzinfo=UTC)
CITY, MAKER = "org_city", "org_maker"
GROUNDS = {Kind.SUSPENSION: "safety", Kind.TERMINATION: "breach"}
MAY = {
    Kind.SUSPENSION: {"active": "suspended"},
    Kind.RESUMPTION: {"suspended": "active"},
    Kind.TERMINATION: {"active": "terminated", "suspended": "terminated"},
    Kind.COMPLETION: {"active": "completed"},
}
"""The model: from which state each turn leads where."""


def _rules() -> Rules:
    file = files("ecosystem.catalogue") / "files" / "profiles" / "sandbox.yaml"
    return read_profile(file.read_bytes()).rules[-1]


ENDINGS = _rules().endings


def _actor(organisation: str, person: str, *roles: Role) -> Actor:
    is_city = organisation == CITY
    return Actor(
        organisation_id=organisation, organisation_number=1 if is_city else 2,
        kind=OrganisationKind.GOVERNMENT if is_city else OrganisationKind.ENTERPRISE,
        verified=True, jurisdiction="440300", client_id="client", person_id=person, roles=roles,
    )  # fmt: skip


OFFICER = _actor(CITY, "officer", Role.OFFICER, Role.APPROVER)
APPROVER = _actor(CITY, "approver", Role.APPROVER)
SIGNERS = (
    _actor(CITY, "signatory", Role.SIGNATORY),
    _actor(MAKER, "maker", Role.SIGNATORY, Role.DELIVERY),
)


class Life(RuleBasedStateMachine):
    """A contract with at most one open turn and one open change, decided on by the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.at, self.state, self.digest = START, State.ACTIVE, "a"
        self.ends_on, self.lasted = date(2028, 3, 1), 0
        self.suspended_at: datetime | None = None
        self.turn: TurnFacts | None = None
        self.change: SignFacts | None = None
        self.editions = 1

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule(kind=st.sampled_from(Kind))
    def a_turn_is_proposed(self, kind: Kind) -> None:
        asked = TurnDraft(kind=kind, ground=GROUNDS.get(kind, UNSET), reason=Text(en="Why"))
        facts = ProposeFacts(
            contract_id="contract", authority_number=1, state=self.state, supplier_id=MAKER,
            asked=asked, open_turn_id=None if self.turn is None else "turn", grounds=ENDINGS,
        )  # fmt: skip
        may = str(self.state) in MAY[kind] and self.turn is None
        try:
            made = turning.propose(facts, by=OFFICER, at=self.at)
        except Refusal:
            assert not may
            return
        assert may
        self.turn = TurnFacts(
            turn_id="turn", kind=kind, ground=GROUNDS.get(kind), by_agreement=False,
            state=TurnState.PROPOSED, side=made.side, approved_by_side=made.approved_by_side,
            organisation_id=CITY, proposed_by=made.proposed_by, reply_by=made.reply_by,
            has_reply=False, authority_number=1, supplier_id=MAKER,
            contract_state=self.state, suspended_at=self.suspended_at, ends_on=self.ends_on,
        )  # fmt: skip

    @rule(by=st.sampled_from([OFFICER, APPROVER, *SIGNERS]))
    def a_turn_is_approved(self, by: Actor) -> None:
        if self.turn is None:
            return
        turn = self.turn
        heard = turn.reply_by is None or self.at >= turn.reply_by
        try:
            turned = turning.approve(turn, by=by, at=self.at)
        except Refusal:
            assert by is not APPROVER or not heard
            return
        assert by is APPROVER
        assert turned.contract_state == MAY[turn.kind][self.state]
        self.lasted += turned.moved_days
        self.suspended_at = self.at if turned.contract_state is State.SUSPENDED else None
        self.state, self.ends_on, self.turn = turned.contract_state, turned.ends_on, None

    @rule()
    def a_change_is_proposed(self) -> None:
        if self.change is None and self.state is State.ACTIVE:
            self.change = SignFacts(
                state=ChangeState.PROPOSED, contract_state=self.state,
                contract_digest=self.digest, base_digest=self.digest, proposed_by="officer",
                terms_digest=f"{self.digest}+", digest=f"{self.digest}+",
                signers=(CITY, MAKER), signatures=(),
            )  # fmt: skip

    @rule(by=st.sampled_from(SIGNERS))
    def a_change_is_signed(self, by: Actor) -> None:
        if self.change is None:
            return
        now = msgspec.structs.replace(self.change, contract_state=self.state)
        before = {one.organisation_id for one in now.signatures}
        may = self.state is State.ACTIVE and by.organisation_id not in before
        try:
            signed = changing.sign(now, by=by, at=self.at)
        except Refusal:
            assert not may
            return
        assert may
        mark = SignedBy(organisation_id=signed.organisation_id, person_id=signed.person_id)
        self.change = msgspec.structs.replace(now, signatures=(*now.signatures, mark))
        if signed.is_complete:
            self.digest, self.change = now.terms_digest, None
            self.editions += 1

    @invariant()
    def the_end_moves_by_the_suspensions_alone(self) -> None:
        assert self.ends_on == date(2028, 3, 1) + timedelta(days=self.lasted)
        assert (self.state is State.SUSPENDED) == (self.suspended_at is not None)

    @invariant()
    def each_edition_was_signed_by_all(self) -> None:
        assert self.digest.count("+") == self.editions - 1


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
