"""What people read of a contract is all that its parties sign, in either language."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.contracts import forms
from ecosystem.contracts import payment_rules as rules
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import Contract, ContractParty, Signature, State
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.reading import paper
from ecosystem.contracts.reading.outline import outline
from ecosystem.contracts.reading.rule_words import sentence
from ecosystem.contracts.rule_limits import cliffs
from ecosystem.identity.login.languages import Language
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.identifiers import compose
from ecosystem.values.text import Text
from tests.contracts.partnership import Partnership, awarded
from tests.contracts.test_forms import NAMES, grown

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LANGUAGES: tuple[Language, ...] = ("zh", "en")
OFFICER = ("city", "officer")


def contract_of(terms: ContractTerms) -> Contract:
    """Return a contract in force with these terms, that all have signed."""

    def named(prefix: str) -> str:
        return compose(prefix, milliseconds=1, authority=1, entropy=1)

    return Contract(
        id=named("contract"), version=2, edition=1, state=State.ACTIVE, authority_number=1,
        title=terms.title, need_id=named("need"), lot_id=named("lot"), award_id=named("award"),
        price=terms.value, starts_on=terms.period.starts_on, ends_on=terms.period.ends_on,
        activated_at=NOW, suspended_at=None, ended_at=None,
        financing_award_id=None, programme_id=named("programme"),
        parties=tuple(
            ContractParty(organisation_id=one.organisation_id, role=one.role, share="50")
            for one in terms.parties
        ),
        signatures=tuple(
            Signature(organisation_id=one.organisation_id, signed_at=NOW) for one in terms.parties
        ),
        wording=1, terms_digest=forms.terms_digest(terms), drafted_at=NOW, terms=terms,
    )  # fmt: skip


def _texts(value: object, language: Language) -> list[str]:
    """Return every text for people in `value`, in one language."""
    if isinstance(value, Text):
        return [str(getattr(value, language))]
    if isinstance(value, tuple):
        return [text for one in value for text in _texts(one, language)]
    if isinstance(value, msgspec.Struct):
        return [
            text
            for field in value.__struct_fields__
            for text in _texts(getattr(value, field), language)
        ]
    return []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_holds_every_text_that_is_signed(name: str, language: Language) -> None:
    contract = contract_of(grown(name))

    page = unescape(paper.page(outline(contract, language=language)).decode())

    texts = _texts(contract.terms, language)
    assert len(texts) > 60
    for text in texts:
        assert text in page or text.rstrip(".。") in page
    assert contract.terms_digest in page
    for milestone in contract.terms.milestones:
        assert str(milestone.due_on) in page


def test_what_stands_in_a_contract_is_text_and_never_html() -> None:
    terms = grown(NAMES[0])
    hostile = Text(zh="<script>alert(1)</script>&", en='"><img src=x onerror=alert(1)>')
    clause = msgspec.structs.replace(terms.clauses[0], title=hostile, text=hostile)
    planted = msgspec.structs.replace(terms, title=hostile, clauses=(clause,))

    for language in LANGUAGES:
        outlined = outline(contract_of(planted), language=language)
        page = paper.page(outlined).decode()
        assert "<script" not in page
        assert "<img" not in page
        assert paper.pdf(outlined).startswith(b"%PDF-")


def test_a_text_that_is_not_in_a_language_stands_in_the_other() -> None:
    terms = msgspec.structs.replace(grown(NAMES[0]), title=Text(zh="只有中文"))

    assert outline(contract_of(terms), language="en").title == "只有中文"


def test_the_same_contract_gives_the_same_pdf_and_another_digest_another() -> None:
    terms = grown(NAMES[0])
    one = outline(contract_of(terms), language="zh")
    other = msgspec.structs.replace(contract_of(terms), terms_digest="0" * 64)

    assert paper.pdf(one) == paper.pdf(one)
    assert paper.pdf(one) != paper.pdf(outline(other, language="zh"))


def _rule(**given: Any) -> PaymentRule:
    title = {"zh": "规则", "en": "Rule"}
    rule: PaymentRule = msgspec.convert(
        {"code": "rule", "title": title, "currency": "CNY", **given}, PaymentRule
    )
    return rule


TOLD: dict[str, tuple[PaymentRule, str]] = {
    "gain_pain": (
        _rule(
            shape="gain_pain", metric="cost", target="100.00",
            ranges=[
                {"from_percent": "0", "to_percent": "100", "share": "0.5"},
                {"from_percent": "100", "to_percent": None, "share": "0.25"},
            ],
        ),
        ("A share of the difference between “cost” and the target cost of 100.00 CNY: "
        "between 0 % and 100 % of it, 50 % is the supplier's, "
        "above 100 % of it, 25 % is the supplier's."),
    ),
    "marginal": (
        _rule(
            shape="marginal", metric="calls",
            bands=[{"upto": "1000", "price": "2.00"}, {"upto": None, "price": "1.50"}],
            maximum="9000.00",
        ),
        ("For each unit of “calls” from 0 on, by the band in which it lies: "
        "up to 1000, 2.00 CNY each, the rest, 1.50 CNY each; "
        "9,000.00 CNY at most over the whole contract."),
    ),
    "service_credit": (
        _rule(
            shape="service_credit", metric="up", direction="higher", charge="900.00", cap="0.5",
            steps=[{"worse_than": "99", "rate": "0.1"},
                   {"worse_than": "95", "inclusive": True, "rate": "1"}],
        ),
        ("Deducted from the 900.00 CNY of each period by “up”, the worst step counting: "
        "below 99: 10 %, at most 95: 100 %; 50 % at most."),
    ),
    "threshold": (
        _rule(
            shape="threshold", match="any", pays="70.00",
            conditions=[
                {"metric": "a", "target": "5", "inclusive": False, "direction": "lower"},
                {"metric": "b", "target": "9", "direction": "higher"},
            ],
        ),
        ("70.00 CNY for each period in which any of these hold, and nothing otherwise: "
        "“a” is below 5, “b” is at least 9."),
    ),
    "slab": (
        _rule(
            shape="slab", metric="m", share_of="200.00",
            bands=[
                {"from": "0", "from_inclusive": False, "to": "10", "to_inclusive": True,
                 "pays": "0.5"},
                {"from": "10", "from_inclusive": False, "pays": "1"},
            ],
        ),
        "By the band of “m”: above 0 up to and including 10: 100.00 CNY, above 10: 200.00 CNY.",
    ),
    "slab whose next band says who has the edge": (
        _rule(
            shape="slab", metric="m", share_of="0.1",
            bands=[
                {"from": "0", "pays": "0.5"},
                {"from": "9", "from_inclusive": False, "pays": "1"},
            ],
        ),
        "By the band of “m”: from 0 up to and including 9: 0.05 CNY, above 9: 0.10 CNY.",
    ),
    "slab of shares that come to less than there are coins of": (
        _rule(
            shape="slab", currency="JPY", metric="m", share_of="1000",
            bands=[{"from": "0", "pays": "0.0335"}],
        ),
        "By the band of “m”: from 0: 34 JPY.",
    ),
    "excess_days": (
        _rule(
            shape="excess_days", milestone="launch", allowed_days=3, per_day="10.00",
            maximum="99.00",
        ),
        ("10.00 CNY deducted for each day of delay of “launch” beyond 3; "
        "99.00 CNY at most over the whole contract."),
    ),
    "advance": (
        _rule(
            shape="advance", milestone="start", amount="10.00", rate="0.25", starts_after="0.1",
            base="net", first="this",
        ),
        ("10.00 CNY in advance once “start” is accepted, recovered at 25 % of each amount "
        "certified less retention, once more than 10 % of the contract value is certified."),
    ),
    "indicator": (
        _rule(
            shape="indicator", metric="faults", direction="lower", points="8", target="90",
            per_point="50.00",
        ),
        ("50.00 CNY for each point of a score of 8 at most: "
        "8 times the target of 90 over “faults”."),
    ),
    "index": (
        _rule(
            shape="index", rules=["fee"], fixed="0.4", most="0.05",
            parts=[{"metric": "wages", "weight": "0.6", "base": "101.5"}],
        ),
        ("What “fee” pay for the same period moves with prices, by 5 % at most: "
        "40 % is fixed, 60 % moves with “wages”, whose base is 101.5."),
    ),
    "waterfall": (
        _rule(
            shape="waterfall",
            claims=[{"code": "fee", "amount": "2000"}, {"code": "senior", "amount": "70000"}],
        ),
        ("What is payable goes, in this order, to “fee” up to 2,000 CNY, “senior” up to "
        "70,000 CNY, and what is left to the supplier."),
    ),
    "termination_right": (
        _rule(
            shape="termination_right", metric="lights", direction="higher", worse_than="93",
            times=2, of_periods=3,
        ),
        ("A right to end the contract arises once “lights” is below 93 in 2 of 3 periods "
        "that follow each other; nothing is paid."),
    ),
    "retention on a day": (
        _rule(
            shape="retention", rate="0.05", limit="90.00",
            releases=[{"milestone": "end", "share": "0.5"}, {"on": "2027-01-01", "share": "1"}],
        ),
        ("5 % of what is certified is held, 90.00 CNY at most at a time; released: "
        "50 % once “end” is accepted, 100 % from 2027-01-01 on."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", TOLD)
def test_a_rule_in_words_says_every_number_that_decides(shape: str) -> None:
    rule, told = TOLD[shape]

    assert sentence(rule, names={}, language="en") == told
    assert sentence(rule, names={}, language="zh").endswith("。")


RULES = {
    **{name: rule for name, (rule, _) in TOLD.items()},
    **{f"{name}/{rule.code}": rule for name in NAMES for rule in grown(name).payment_rules},
}
OTHERWISE: dict[object, object] = {
    "higher": "lower", "lower": "higher", "gross": "net", "net": "gross", "all": "any",
    "any": "all", "this": "cumulative", "cumulative": "this",
}  # fmt: skip
FIGURES = {"value": "lower", "lower": "upper", "upper": "value"}


def changes(value: Any) -> Iterator[Any]:
    """Yield a value as often as it has parts, each time with one of them another one."""
    if isinstance(value, dict):
        for key, part in value.items():
            is_read = key != "to_inclusive" or value["to"] is not None
            if key == "figure":
                yield {**value, key: FIGURES[part]}
            elif is_read and key not in {"code", "title", "currency", "shape"}:
                yield from ({**value, key: changed} for changed in changes(part))
    elif isinstance(value, list | tuple):
        for at, part in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in changes(part))
    elif value is not None:
        yield _another(value)


def _another(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if re.fullmatch(r"-?[0-9.]+", str(value)):
        return "0.37" if value != "0.37" else "0.73"
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
        return "1999-12-31"
    return OTHERWISE.get(value, "another")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RULES)
def test_whatever_is_changed_about_a_rule_changes_its_words(name: str, language: Language) -> None:
    rule = RULES[name]
    data: dict[str, Any] = msgspec.to_builtins(rule)
    told = sentence(rule, names={}, language=language)

    for changed in changes(data):
        other = msgspec.convert(changed, PaymentRule)
        assert sentence(other, names={}, language=language) != told, changed


def test_both_languages_say_the_same_numbers() -> None:
    for name, rule in RULES.items():
        zh, en = (
            set(re.findall(r"[0-9](?:[0-9.,-]*[0-9])?", sentence(rule, names={}, language=one)))
            for one in LANGUAGES
        )
        assert zh == en, name


def test_a_page_warns_of_each_cliff_in_the_readers_language() -> None:
    terms = grown("outcome-financing.yaml")
    shown = {
        one: unescape(paper.page(outline(contract_of(terms), language=one)).decode())
        for one in LANGUAGES
    }

    for found in cliffs(terms.payment_rules):
        jump = f"{Decimal(found.jump):,f} CNY"
        assert re.search(f" is {found.value}, what is paid jumps by {jump}, 50 % of", shown["en"])
        assert re.search(f"为 {found.value} 处金额陡变 {jump}.*50%", shown["zh"])


def test_every_shape_of_rule_has_words_in_both_languages() -> None:
    told = {type(rule) for name in NAMES for rule in grown(name).payment_rules}
    told |= {type(rule) for rule, _ in TOLD.values()}

    assert told == set(rules.PaymentRule.__args__)
    for name in NAMES:
        for rule in grown(name).payment_rules:
            for language in LANGUAGES:
                assert len(sentence(rule, names={}, language=language)) > 10


@pytest.fixture
async def partnership(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A final award."""
    return await awarded(client, database, server.dsn(database_name, role="postgres"))


async def test_a_draft_is_read_on_paper_by_its_parties_alone(
    partnership: Partnership, client: httpx.AsyncClient
) -> None:
    made = await partnership.made("/v1/contracts", partnership.draft(), by=OFFICER)
    path = f"/v1/contracts/{made['id']}"

    shown = await partnership.get(f"{path}/page?language=en", by=OFFICER)
    printed = await partnership.get(f"{path}/pdf", by=("enterprise", "signatory"))

    assert shown.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "draft, not in force" in shown.text
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.headers["content-disposition"].startswith("attachment")
    assert printed.content.startswith(b"%PDF-")
    for form in ("page", "pdf"):
        assert (await client.get(f"{path}/{form}")).status_code == 404
        refused = await partnership.get(f"{path}/{form}?language=fr", by=OFFICER)
        assert refused.status_code == 400
