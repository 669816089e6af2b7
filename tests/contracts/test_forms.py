"""Standard-form contracts: every shipped one grows, and every fault says line and column."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from jsonschema import ValidationError, validate

from ecosystem.contracts import forms, shelf
from ecosystem.contracts.canonical import canonical
from ecosystem.contracts.form_schema import schema
from ecosystem.contracts.form_shapes import ContractTerms, Form, Party
from ecosystem.contracts.payment_rules import Advance, Fixed, Linear
from ecosystem.contracts.rule_checks import check_rule
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import compose
from ecosystem.values.money import Money
from ecosystem.values.text import Text
from ecosystem.values.yaml_tree import read

DOCUMENTS = shelf.documents()
NAMES = sorted(DOCUMENTS)
PLATFORM = "city-data-platform-operation.yaml"
START = date(2026, 1, 1)
VALUES: dict[str, dict[str, str | int | Decimal | date]] = {
    PLATFORM: {
        "platform_name": "城市大脑",
        "quality_baseline": Decimal("72.5"),
        "sharing_baseline": 60,
    },
    "intelligent-facility-operation.yaml": {
        "facility_name": "路灯 lamps",
        "energy_baseline": "3000000",
    },
    "citizen-service-operation.yaml": {
        "service_name": "12345",
        "service_begins_on": date(2026, 2, 15),
        "satisfaction_baseline": "78",
    },
    "advisory-and-verification.yaml": {"subject": "城市大脑"},
    "outcome-financing.yaml": {"programme": "12345", "operator": "Operator"},
    "construction-and-operation.yaml": {"system_name": "一网统管"},
}


def party(number: int, role: str, kind: OrganisationKind, *, lead: bool = False) -> Party:
    organisation = compose("org", milliseconds=number, authority=0, entropy=number)
    return msgspec.convert(
        {
            "role": role,
            "organisation_id": organisation,
            "kind": kind,
            "name": {"zh": f"机构{number}", "en": f"Organisation {number}"},
            "lead": lead,
        },
        Party,
    )


PARTIES = (
    party(1, "buyer", OrganisationKind.GOVERNMENT),
    party(2, "supplier", OrganisationKind.ENTERPRISE, lead=True),
    party(3, "supplier", OrganisationKind.FINANCIAL_INSTITUTION),
    party(4, "verifier", OrganisationKind.THINK_TANK),
)


def form_of(name: str) -> Form:
    return forms.parse(DOCUMENTS[name], name=name)


def parties_of(form: Form) -> tuple[Party, ...]:
    """Return parties of the kinds that `form` has places for; two of them supply."""
    [kinds] = [place.kinds for place in form.parties if place.role == "supplier"]
    return (
        PARTIES[0],
        party(2, "supplier", kinds[0], lead=True),
        party(3, "supplier", kinds[-1]),
        PARTIES[3],
    )


def grown(
    name: str,
    *,
    parties: tuple[Party, ...] | None = None,
    values: dict[str, str | int | Decimal | date] | None = None,
    value: Money | None = None,
) -> ContractTerms:
    form = form_of(name)
    return forms.grow(
        form,
        values=VALUES[name] if values is None else values,
        parties=parties or parties_of(form),
        value=value or Money("12000000.00", "CNY"),
        starts_on=START,
    )


def faults_of(text: str) -> list[tuple[str, str, str]]:
    """Return code, pointer and line:column of the faults with which `text` is refused."""
    with pytest.raises(forms.FormFaulty) as refused:
        forms.parse(text.encode(), name="form.yaml")
    found = refused.value.faults
    assert all(fault.detail.startswith("form.yaml:") for fault in found)
    return [(fault.code, fault.pointer, ":".join(fault.detail.split(":")[1:3])) for fault in found]


def planted(old: str, new: str) -> tuple[str, int]:
    """Return the platform form with one passage replaced, and the line of that passage."""
    text = DOCUMENTS[PLATFORM].decode()
    assert text.count(old) == 1, old
    return text.replace(old, new), text[: text.index(old)].count("\n") + 1


def test_there_is_a_form_for_what_a_city_contracts() -> None:
    shipped = {form.id: form for form in shelf.shipped()}

    assert {form.operation for form in shipped.values()} == {"data", "facility", "service"}
    assert {"construction", "operation"} == {*shipped["construction-and-operation"].phases}
    assert shipped.keys() >= {"advisory-and-verification", "outcome-financing"}


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_form_is_named_as_its_file_and_ends_with_every_part(name: str) -> None:
    form = form_of(name)

    assert f"{form.id}.yaml" == name
    for section in msgspec.structs.fields(Form):
        assert getattr(form, section.name), section.name
    assert {place.role for place in form.parties} == {"buyer", "supplier", "verifier", "lender"}
    kinds = {milestone.kind for milestone in form.milestones}
    assert {"delivery", "reporting"} <= kinds or {"financing", "outcome", "reporting"} <= kinds


@pytest.mark.parametrize("name", NAMES)
def test_grown_terms_leave_nothing_open(name: str) -> None:
    terms = grown(name)

    assert b"{" not in canonical(terms).replace(b'{"', b"").replace(b"{}", b"")
    assert terms.period.starts_on == START
    assert all(START <= item.due_on < terms.period.ends_on for item in terms.milestones)
    metrics = {metric.code for metric in terms.metrics}
    milestones = {milestone.code for milestone in terms.milestones}
    for rule in terms.payment_rules:
        faults = check_rule(rule, metrics=metrics, milestones=milestones, currency="CNY")
        assert faults == ()


def test_shares_of_the_value_become_amounts_and_offsets_become_dates() -> None:
    terms = grown(PLATFORM)
    rules = {rule.code: rule for rule in terms.payment_rules}
    milestones = {milestone.code: milestone for milestone in terms.milestones}

    takeover, quality = rules["takeover-fee"], rules["quality-payment"]

    assert isinstance(takeover, Fixed)
    assert takeover.amount == "600000.00"
    assert isinstance(quality, Linear)
    assert (quality.start.value, quality.end.value) == ("85", "98")
    assert quality.end.pays == "360000.00"
    assert milestones["takeover"].due_on == START + timedelta(days=60)
    assert milestones["quarterly-report-02"].due_on == START + timedelta(days=105 + 91)
    assert terms.metrics[0].baseline == "72.5"


def test_texts_read_in_their_own_language_with_ratios_as_percent() -> None:
    clauses = {clause.code: clause for clause in grown(PLATFORM).clauses}

    purpose, retention = clauses["purpose"].text, clauses["retention"].text

    assert "机构1委托机构2、机构3" in str(purpose.zh)
    assert "Organisation 1 entrusts Organisation 2, Organisation 3" in str(purpose.en)
    assert "3 %" in str(retention.en)
    assert "3%" in str(retention.zh)


def test_amounts_follow_the_places_of_the_currency() -> None:
    terms = grown("intelligent-facility-operation.yaml", value=Money("1000001", "JPY"))

    advance = next(rule for rule in terms.payment_rules if isinstance(rule, Advance))

    assert (advance.amount, advance.currency) == ("100000", "JPY")


@pytest.mark.parametrize("name", NAMES)
def test_a_digest_says_the_content_and_not_the_layout(name: str) -> None:
    form, terms = form_of(name), grown(name)
    relaid = b"# another comment\n" + DOCUMENTS[name].replace(b"\n\n", b"\n\n\n")

    assert forms.digest(forms.parse(relaid, name=name)) == forms.digest(form)
    assert terms.form.digest == forms.digest(form)
    assert forms.terms_digest(terms) == forms.terms_digest(
        grown(name, parties=parties_of(form_of(name))[::-1])
    )
    assert forms.terms_digest(terms) != forms.terms_digest(
        grown(name, value=Money("12000000.01", "CNY"))
    )


@pytest.mark.parametrize("name", NAMES)
def test_terms_survive_the_wire_with_their_digest(name: str) -> None:
    terms = grown(name)

    again = msgspec.json.decode(msgspec.json.encode(terms), type=ContractTerms)

    assert again == terms
    assert forms.terms_digest(again) == forms.terms_digest(terms)


FAULTS = [
    ("duration_days: 1096", "duration_days: long", "type", "/duration_days", 16),
    ("operation: data\n", "operation: date\n", "type", "/operation", 12),
    ("operation: data\n", "operation: data\nowner: me\n", "key_unknown", "/owner", 1),
    ("operation: data\n", "operation: data\nid: twice\n", "key_doubled", "/id", 1),
    ("duration_days: 1096", "duration_days: 10.5", "scalar", "/duration_days", 16),
    ("  - code: scope", "  - code: purpose", "code_doubled", "/clauses/1/code", 11),
    ("{platform_name}”", "{plattform}”", "name_unknown", "/clauses/0/text/zh", 11),
    ("{platform_name}”", "{2 * value}”", "placeholder", "/clauses/0/text/zh", 11),
    ("{platform_name}”", "{platform_name”", "placeholder", "/clauses/0/text/zh", 11),
    ("{platform_name}”", "{platform_name}}”", "placeholder", "/clauses/0/text/zh", 11),
    ("operation: data\n", "operation: !what data\n", "tag", "/operation", 12),
    ("phases: [operation]", "phases: !!set {operation: 1}", "tag", "/phases", 9),
    ("operation: data\n", "operation: data\na/b~c: me\n", "key_unknown", "/a~1b~0c", 1),
    ("  zh: 城市数据平台运营服务标准合同", '  zh: "\\ud800"', "scalar", "/title/zh", 7),
    ("milestone: takeover", "milestone: take-over", "milestone_unknown", "/milestone", 16),
    ("metric: sharing-met\n", "metric: sharing\n", "metric_unknown", "/metric", 13),
    ("shape: unit_price", "shape: unit_cost", "type", "/shape", 12),
    ('price: "{use_price}"', 'cost: "{use_price}"', "key_unknown", "/cost", 5),
    ('to: "85", to_inclusive: false', 'to: "84", to_inclusive: false', "gap", "/to", 48),
    ('to: "85", to_inclusive: false', 'to: "85", to_inclusive: true', "overlap", "/to", 48),
    ("metrics: [data-quality]", "metrics: [quality]", "metric_unknown", "/metrics/0", 15),
    ("due_days: 1081", "due_days: 1097", "after_end", "/due_days", 15),
    ("after: [takeover]", "after: [take-over]", "milestone_unknown", "/after/0", 13),
    ("after: [takeover]", "after: [handover]", "predecessor_later", "/after/0", 13),
    ("after: [takeover]", "after: [catalogue-published]", "milestone_cycle", "/after", 12),
    ('default: "0.15"', 'default: "1.5"', "default_unfit", "/default", 14),
    ("{metric: data-quality, w", "{metric: quality, w", "metric_unknown", "/metric", 23),
]


@pytest.mark.parametrize(("old", "new", "code", "pointer", "column"), FAULTS)
def test_a_planted_fault_is_named_with_its_line_and_column(
    old: str, new: str, code: str, pointer: str, column: int
) -> None:
    text, line = planted(old, new)

    found = [(fault, place) for fault, where, place in faults_of(text) if where.endswith(pointer)]

    lines = {f"{at}:{column}" for at in range(line - 1, line + 2)}
    assert [fault for fault, _ in found] == [code]
    assert found[0][1] in lines


@pytest.mark.parametrize("role", ["buyer", "supplier", "lender"])
def test_nobody_but_the_verifier_of_the_contract_verifies_a_metric(role: str) -> None:
    text = DOCUMENTS[PLATFORM].decode()
    metric = "  - code: data-quality\n    title:"
    assert text.count(metric) == 1
    changed = text.replace(metric, metric.replace("title:", f"verified_by: {role}\n    title:"))

    assert [(code, pointer) for code, pointer, _ in faults_of(changed)] == [
        ("role_missing", "/metrics/0/verified_by")
    ]
    named = metric.replace("title:", "verified_by: verifier\n    title:")
    allowed = forms.parse(text.replace(metric, named).encode(), name="form.yaml")
    assert allowed.metrics[0].verified_by == "verifier"


def test_a_rule_that_cannot_be_checked_for_want_of_a_default_says_so() -> None:
    text, _ = planted('    default: "20000"\n', "")

    assert [(code, pointer) for code, pointer, _ in faults_of(text)] == [
        ("default_missing", "/payment_rules/4/price")
    ]


def test_the_place_of_a_fault_is_exact() -> None:
    text, line = planted("duration_days: 1096", "duration_days: long")

    assert faults_of(text) == [("type", "/duration_days", f"{line}:16")]


def test_every_fault_is_listed_and_not_only_the_first() -> None:
    text, _ = planted("duration_days: 1096", "duration_days: long")
    text = text.replace("direction: higher", "direction: up").replace("phases: [operation]", "")

    found = faults_of(text)

    assert len([1 for code, _, _ in found if code == "type"]) == text.count("direction: up") + 1
    assert [pointer for code, pointer, _ in found if code == "key_missing"] == [""]


def refusal(
    *,
    parties: tuple[Party, ...] = PARTIES,
    values: dict[str, str | int | Decimal | date] | None = None,
) -> set[tuple[str, str]]:
    with pytest.raises(forms.TermsUnmet) as refused:
        grown(PLATFORM, parties=parties, values=values)
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


def test_values_are_complete_known_and_within_their_bounds() -> None:
    values = {**VALUES[PLATFORM], "quality_target": "101", "colour": "red"}
    del values["platform_name"]

    assert refusal(values=values) == {
        ("/values/quality_target", "value_unfit"),
        ("/values/colour", "name_unknown"),
        ("/values/platform_name", "value_missing"),
    }


def test_a_value_that_breaks_a_payment_rule_is_refused_at_the_rule() -> None:
    values: dict[str, str | int | Decimal | date] = {**VALUES[PLATFORM], "sharing_target": "80"}

    assert {code for _, code in refusal(values=values)} == {"order"}


def test_who_verifies_stands_apart_and_one_of_a_consortium_leads() -> None:
    buyer, lead, member, verifier = PARTIES
    self_verified = msgspec.structs.replace(verifier, organisation_id=lead.organisation_id)
    nobody_leads = msgspec.structs.replace(lead, lead=False)
    wrong_kind = msgspec.structs.replace(buyer, kind=OrganisationKind.ENTERPRISE)

    assert refusal(parties=(buyer, lead, member, self_verified)) == {
        ("/parties/3/organisation_id", "organisation_doubled")
    }
    assert refusal(parties=(buyer, nobody_leads, member, verifier)) == {
        ("/parties", "lead_missing")
    }
    assert refusal(parties=(wrong_kind, lead)) == {
        ("/parties/0/kind", "kind_unfit"),
        ("/parties", "role_missing"),
    }


def test_a_value_cannot_put_a_placeholder_or_a_control_sign_into_the_terms() -> None:
    braces = grown(PLATFORM, values={**VALUES[PLATFORM], "platform_name": "{value}"})
    control = {**VALUES[PLATFORM], "platform_name": "a\x00b"}

    assert "{value}" in str(braces.clauses[0].text.en)
    assert {code for _, code in refusal(values=control)} == {"type"}


def test_the_published_schema_is_made_from_the_code_and_accepts_the_forms() -> None:
    published = Path(__file__).parents[2] / "contracts" / "form.schema.json"
    said = json.loads(schema())

    assert published.read_bytes() == schema()
    for text in DOCUMENTS.values():
        validate(read(text).value, said)
    broken = read(planted("shape: unit_price", "shape: unit_cost")[0].encode()).value
    with pytest.raises(ValidationError):
        validate(broken, said)


def test_a_name_in_one_language_serves_both() -> None:
    buyer = msgspec.structs.replace(PARTIES[0], name=Text(zh="市数据局"))

    terms = grown(PLATFORM, parties=(buyer, *PARTIES[1:]))

    assert "市数据局 entrusts" in str(terms.clauses[0].text.en)
