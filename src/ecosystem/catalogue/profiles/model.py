"""What a profile says: laws, dated rules with their articles, and the calendar of a country."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.catalogue.model import Phase
from ecosystem.catalogue.profiles.words import Cited, Code, PerCent, Share, YearDays
from ecosystem.values.patterns import whole
from ecosystem.values.text import Line, Text

PriceFormula = Literal[
    "absolute_ceiling/1", "quality_to_price/1", "lowest_ratio/1", "spread/1", "mean/1"
]


class Counting(StrEnum):
    """How the days of a period are counted."""

    ELAPSED = "elapsed"
    """24 hours each, from the instant on."""
    CALENDAR = "calendar"
    """Every day after the first; one that would end on no working day ends with the next."""
    WORKING = "working"
    """Working days after the one it begins with."""


class Envelopes(StrEnum):
    """In how many envelopes an offer comes."""

    ONE = "one"
    """All of it in one, and opened at once."""
    TWO = "two"
    """The technical and the financial part each in its own: prices open after quality is scored."""


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Span(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long something lasts at least, or at most."""

    days: Annotated[int, Meta(ge=0, le=3_650)]
    counted: Counting


class PriceFormulas(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which formulas a price may be scored."""

    allowed: tuple[PriceFormula, ...]
    weight_min: PerCent = "0"
    """What the price weighs at least, where anything but requirements is scored."""


class AbnormallyLow(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From what price on a bidder is asked to explain it; null compares with nothing."""

    below_mean_of_others: Share | None
    below_ceiling: Share | None


class ClientSealing(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a bidder has to seal an offer in a program of its own."""

    required: bool


class EnvelopesAllowed(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In how many envelopes offers may come; where one number alone stands, it is required."""

    allowed: tuple[Envelopes, ...]


class Openers(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many openers a need names at least, and how many of them act together."""

    named_min: Annotated[int, Meta(ge=2, le=7)]
    threshold: Annotated[int, Meta(ge=2, le=7)]


class UnansweredQuestions(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether offers stay sealed while a question has no answer."""

    stop_the_close: bool


class ChangeGround(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground on which a contract in force may be changed, and what that may add to its value."""

    code: Code
    title: Text
    phases: tuple[Phase, ...] = ()
    """Only for contracts of one of these phases; for all where none is named."""
    share_each_max: Share | None
    """What one change may add, as a share of the value first agreed; null sets no limit."""
    share_all_max: Share | None
    """What all changes on this ground may add together, what they took away being set off."""


class ExclusionGround(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground on which a member of a consortium is substituted although it does not agree."""

    code: Code
    title: Text
    reply_days: Annotated[int, Meta(ge=1, le=365)]
    """How long the member may reply before it is decided; days of 24 hours."""


class ChangeLimit(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what grounds a contract is changed, and what all changes may add to its value together."""

    share_max: Share | None
    """Of the value first agreed, whatever the grounds; null sets no limit."""
    grounds: tuple[ChangeGround, ...]
    exclusions: tuple[ExclusionGround, ...] = ()
    """Where none is named, nobody is excluded."""


class LateRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What being late costs from a day on, until another rate begins."""

    starts_on: date
    per_year: PerCent


class LateInterest(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a payment earns that is settled after it was due: simple interest."""

    day_count: YearDays
    rates: Annotated[tuple[LateRate, ...], Meta(min_length=1, max_length=200)]
    """The earliest first; each holds until the next begins, whenever the need was published."""


class TaxKind(StrEnum):
    """How a tax stands to the prices of a contract."""

    INCLUDED = "included"
    """Prices include it: it is a part of what is paid."""
    ADDED = "added"
    """It comes on top of prices; the value of the contract includes it."""
    WITHHELD = "withheld"
    """It is kept back from what is paid, and owed to the tax office."""


class TaxRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rate of a tax from a day on, until another begins."""

    starts_on: date
    rate: Share
    """Of the price without taxes."""


class TaxRule(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on what a contract pays."""

    code: Code
    title: Text
    kind: TaxKind
    rates: Annotated[tuple[TaxRate, ...], Meta(min_length=1, max_length=200)]
    """The earliest first; what is calculated before the first day is not taxed."""


class SuspensionGround(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground on which an authority may suspend a contract."""

    code: Code
    title: Text


class TerminationGround(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground on which a contract may be ended before its time."""

    code: Code
    title: Text
    holder: Literal["authority", "supplier", "either"]
    """Who may end it on this ground."""
    by_both: bool
    """Whether the other side has to approve, and not another person of the same."""
    reply_days: Annotated[int, Meta(ge=0, le=365)]
    """How long the other side may reply before it is approved; days of 24 hours."""


class EndingGrounds(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what grounds a contract is suspended, and ended before its time."""

    suspension: tuple[SuspensionGround, ...]
    termination: tuple[TerminationGround, ...]


class FiscalYear(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the year of a budget begins, and what of it outlasts its end."""

    starts: Annotated[
        str,
        Meta(
            pattern=whole(r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"),
            description="Month and day on which a fiscal year begins; it bears that year's number.",
        ),
    ]
    carry_share_max: Share | None
    """What may be carried forward, as a share of what was appropriated; null sets no limit."""
    carry_days: Annotated[int, Meta(ge=0, le=365)] | None
    """How many days after the year's end it may be carried forward; null sets no limit."""


class IndicatorKind(StrEnum):
    """What an indicator is measured by."""

    BUDGET_EXECUTION = "budget_execution"
    """What is spent, of what was appropriated, or of what was earned under a contract."""
    OUTPUT = "output"
    """Milestones accepted, of those that were due."""
    BENEFIT = "benefit"
    """Metrics against their targets, those aside that an indicator of satisfaction names."""
    SATISFACTION = "satisfaction"
    """The named metrics against their targets."""


class Recommendation(StrEnum):
    """What an assessment recommends for the next budget."""

    CONTINUE = "continue"
    SCALE = "scale"
    FIX = "fix"
    STOP = "stop"


class Indicator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One indicator of an assessment, and what it weighs."""

    code: Code
    title: Text
    kind: IndicatorKind
    weight: PerCent
    metrics: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    """Which metrics count as satisfaction, by their codes; empty for every other kind."""


class AssessmentGrade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grade, and from which score on it is given."""

    code: Code
    title: Text
    score_min: PerCent
    """The unrounded score is no less."""
    recommends: Annotated[tuple[Recommendation, ...], Meta(max_length=4)]
    """What may be recommended with this grade."""


class AssessmentTable(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what a year of a programme or a contract is assessed."""

    indicators: Annotated[tuple[Indicator, ...], Meta(max_length=20)]
    late_counts: Share
    """What a milestone counts that was accepted, and delivered late."""
    needs_baseline: bool
    """Whether a metric without a baseline demonstrates no benefit."""
    grades: Annotated[tuple[AssessmentGrade, ...], Meta(max_length=10)]
    """The highest first, the last from 0 on."""
    undemonstrated_recommends: Annotated[tuple[Recommendation, ...], Meta(max_length=4)]
    """What may be recommended where too little was measured to give a grade."""


Ahead = Annotated[int, Meta(ge=1, le=365)]


class Reminders(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which days those concerned are reminded of work that is owed."""

    before: Annotated[tuple[Ahead, ...], Meta(max_length=5)]
    """How many days are left then."""
    after: Annotated[tuple[Ahead, ...], Meta(max_length=5)]
    """How many days it is late then."""


class Records(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the documents of a contract are kept after its end, before they are erased."""

    years: Annotated[int, Meta(ge=1, le=100)]


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules for needs that are published on a day, or later; null sets no rule."""

    starts_on: date
    """The first day of publication for which they hold."""
    submission: Span | None
    """From publication to the end of submission, at least."""
    enquiry: Span | None
    """From publication to the end of enquiries, at least."""
    answering: Span | None
    """From the end of enquiries to the end of submission, at least."""
    opening: Span | None = None
    """From the end of submission to the opening, at most."""
    amendment: Span | None
    """From an amendment to the end of submission, at least: the deadline moves where it must."""
    standstill: Span
    """From the publication of an award until it is final."""
    challenge: Span | None
    """From the publication of an award, as long as it can be challenged."""
    decision: Span | None
    """From a challenge to its decision, at most."""
    signing: Span | None = None
    """From the call upon a winner until it is to have signed the contract, at least."""
    price_formulas: PriceFormulas
    abnormally_low: AbnormallyLow
    client_sealing: ClientSealing
    envelopes: EnvelopesAllowed
    openers: Openers
    unanswered_questions: UnansweredQuestions
    deemed_acceptance: Span | None
    """From a submission of work; not judged by then, it counts as accepted."""
    deduction_reply: Span
    """From the notice of a deduction, as long as the payee may reply to it."""
    payment_term: Span | None
    """From the claim of a payment until it is to be settled."""
    late_interest: LateInterest | None
    """What it earns when it is settled later."""
    taxes: Annotated[tuple[TaxRule, ...], Meta(max_length=20)]
    """On what contracts pay."""
    reminders: Reminders | None
    """Of milestones."""
    records: Records | None
    """Of contracts; null keeps them for good."""
    fiscal_year: FiscalYear
    assessment: AssessmentTable
    changes: ChangeLimit
    endings: EndingGrounds


class Law(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A law, by the short name by which rules cite it."""

    code: Code
    title: Text
    number: Line | None = None
    """Its official number, with its date."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a place asks of a procurement."""

    id: Code
    title: Text
    note: Text | None = None
    calendar: Code
    laws: tuple[Law, ...]
    rules: tuple[Rules, ...]
    """By their dates, the earliest first."""


class Holidays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days on which nobody works, the last included."""

    name: Text
    first_on: date
    last_on: date


class Year(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the days of one year."""

    year: Annotated[int, Meta(ge=1900, le=2199)]
    source: Line
    note: Text | None = None
    holidays: tuple[Holidays, ...]
    worked: tuple[date, ...] = ()
    """Days of a weekend that are worked, to make up for others."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days are worked in a country; of a year that is not listed only weekends are known."""

    id: Code
    title: Text
    time_zone: Line
    """By its name of the IANA: a day begins and ends there."""
    weekend: tuple[Weekday, ...]
    years: tuple[Year, ...]


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that hold in a place for what is published on a day."""

    profile_id: str
    rules: Rules
    calendar: Calendar
