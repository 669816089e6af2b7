"""What a set of changes makes of terms, what it comes to, and what the laws allow to be added."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.catalogue.profiles.model import ChangeLimit
from ecosystem.catalogue.profiles.reading import read_profile
from ecosystem.contracts import forms
from ecosystem.contracts.changes import applying, rules
from ecosystem.contracts.changes.model import (
    ChangeDraft,
    DateChange,
    Earlier,
    Proposed,
    ProposeFacts,
    TermsChange,
)
from ecosystem.contracts.form_shapes import ContractTerms, Form, Observed, Survey
from ecosystem.contracts.model import State
from ecosystem.contracts.payment_rules import Satisfaction
from ecosystem.contracts.queries import form
from ecosystem.contracts.rule_parts import Band
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.money import Money
from ecosystem.values.text import Text
from tests.contracts.test_forms import NAMES, PLATFORM, grown

AT = datetime(2026, 3, 2, tzinfo=UTC)
TERMS = grown(PLATFORM)
FIRST = TERMS.value


def _limit(profile: str) -> ChangeLimit:
    file = files("ecosystem.catalogue") / "files" / "profiles" / f"{profile}.yaml"
    return read_profile(file.read_bytes()).rules[-1].changes


CHINA, EUROPE = _limit("cn-government-procurement"), _limit("eu-directives")


def _form(file: str) -> Form:
    return form(file.removesuffix(".yaml"))


def _by() -> Actor:
    return Actor(
        organisation_id="org_1", organisation_number=1, kind=OrganisationKind.GOVERNMENT,
        verified=True, jurisdiction="440300", client_id="client_1", person_id="person_1",
        roles=(Role.OFFICER,),
    )  # fmt: skip


def _proposed(
    share: str, *, ground: str, limit: ChangeLimit, earlier: tuple[Earlier, ...] = (),
    changes: TermsChange | None = None,
) -> Proposed:  # fmt: skip
    """Propose to add a share of the value first signed, after earlier changes."""
    before = FIRST.decimal() + sum((Decimal(one.change) for one in earlier), Decimal(0))
    terms = msgspec.structs.replace(TERMS, value=Money(f"{before:.2f}", FIRST.currency))
    value = Money(f"{before + FIRST.decimal() * Decimal(share):.2f}", FIRST.currency)
    asked = ChangeDraft(
        base_digest=forms.terms_digest(terms), ground=ground, reason=Text(en="Why"),
        changes=changes or TermsChange(value=value),
    )  # fmt: skip
    facts = ProposeFacts(
        contract_id="contract_1", authority_number=1, state=State.ACTIVE, edition=1, terms=terms,
        terms_digest=asked.base_digest, first_value=FIRST, supplier_ids=(), asked=asked,
        form=_form(PLATFORM), open_change_id=None, limit=limit, earlier=earlier,
    )  # fmt: skip
    return rules.propose(facts, by=_by(), at=AT)


def _share(part: str) -> str:
    return f"{FIRST.decimal() * Decimal(part):.2f}"


def test_china_allows_supplements_of_ten_per_cent_in_all() -> None:
    earlier = (Earlier(ground="supplement", change=_share("0.06")),)

    assert _proposed("0.04", ground="supplement", limit=CHINA, earlier=earlier).impact.limits
    with pytest.raises(rules.ValueBeyondLimit) as refused:
        _proposed("0.05", ground="supplement", limit=CHINA, earlier=earlier)
    assert {one.code for one in refused.value.faults} == {"share_all_max", "share_max"}
    assert "第四十九条" in refused.value.detail
    assert _share("0.11") in refused.value.detail


def test_europe_allows_half_the_value_each_time_for_additional_works() -> None:
    earlier = (Earlier(ground="additional-works", change=_share("0.5")),)

    again = _proposed("0.5", ground="additional-works", limit=EUROPE, earlier=earlier)
    assert again.impact.value.per_cent_since_first == "100.00"
    with pytest.raises(rules.ValueBeyondLimit):
        _proposed("0.51", ground="additional-works", limit=EUROPE)


def test_europe_sets_off_what_a_small_change_took_away() -> None:
    taken = Earlier(ground="de-minimis", change=_share("-0.05"))
    added = Earlier(ground="de-minimis", change=_share("0.1"))

    more = _proposed("0.05", ground="de-minimis", limit=EUROPE, earlier=(taken, added))
    assert more.impact.value.per_cent_since_first == "10.00"
    with pytest.raises(rules.ValueBeyondLimit):
        _proposed("0.01", ground="de-minimis", limit=EUROPE, earlier=(added,))


def test_a_contract_of_operation_is_not_changed_on_the_ground_for_works() -> None:
    assert TERMS.phases == ("operation",)
    with pytest.raises(rules.ChangeUnfounded):
        _proposed("0.01", ground="de-minimis-works", limit=EUROPE)


def test_no_value_may_rise_on_a_ground_that_allows_none() -> None:
    with pytest.raises(rules.ValueBeyondLimit):
        _proposed("0.0001", ground="agreement", limit=CHINA)
    assert _proposed("-0.1", ground="agreement", limit=CHINA).impact.value.per_cent == "-10.00"


MOVES = st.dictionaries(
    st.sampled_from([one.code for one in TERMS.milestones]), st.integers(0, 20), max_size=4
)


@given(MOVES)
def test_dates_that_move_move_alone_and_back_again(moves: dict[str, int]) -> None:
    there = _moved(TERMS, moves)
    back = _moved(there, {code: -days for code, days in moves.items()})

    assert back == TERMS
    assert [one.code for one in there.milestones] == [one.code for one in TERMS.milestones]
    assert there.payment_rules == TERMS.payment_rules


def _moved(terms: ContractTerms, moves: dict[str, int]) -> ContractTerms:
    dates: dict[str, date] = {one.code: one.due_on for one in terms.milestones}
    asked = TermsChange(
        due_dates=tuple(
            DateChange(code=code, due_on=dates[code] + timedelta(days=days))
            for code, days in moves.items()
        )
    )
    return applying.applied(terms, asked)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shipped_form_grows_is_sound_as_it_stands(name: str) -> None:
    unchanged = list(applying.faults(grown(name), TermsChange(), form=_form(name)))

    assert [one.code for one in unchanged] == ["nothing_changed"]


def test_a_change_leaves_no_milestone_waiting_for_what_never_comes() -> None:
    alone = TermsChange(removed_milestones=("takeover",))
    late = TermsChange(due_dates=(DateChange(code="takeover", due_on=TERMS.period.ends_on),))

    for asked, code, at in ((alone, "milestone_unknown", 0), (late, "predecessor_later", 1)):
        fault = next(applying.faults(TERMS, asked, form=_form(PLATFORM)))
        assert (fault.code, fault.pointer) == (code, f"/terms/milestones/{at}/after/0")


def test_a_metric_that_a_change_brings_is_observed_as_a_form_would_have_it() -> None:
    (first, *_) = TERMS.metrics
    survey = Survey(
        statistic="mean", mode="online", sampling="simple_random", sample_min=20, response_min="0"
    )
    observed = Observed(
        window="year", aggregation="mean", time_zone="Mars/Base", survey=survey, factor="100"
    )
    new = msgspec.structs.replace(first, code="new", period="month", observed=observed)
    paid = Satisfaction(
        code="paid", title=Text(en="Paid"), currency=TERMS.value.currency, metric=first.code,
        figure="lower", sample_min=400, bands=(Band(lower="80", pays="1.00"),),
    )  # fmt: skip
    asked = TermsChange(metrics=(new,), payment_rules=(paid,))

    found = {
        (one.pointer.split("/", 4)[-1], one.code)
        for one in applying.faults(TERMS, asked, form=_form(PLATFORM))
    }

    assert found == {
        ("observed/window", "window_unfit"),
        ("observed/time_zone", "time_zone_unknown"),
        ("observed/aggregation", "survey_unfit"),
        ("observed/factor", "survey_unfit"),
        ("observed/survey", "survey_unfit"),
        ("observed/survey/sample_min", "survey_unfit"),
        ("figure", "survey_missing"),
    }
