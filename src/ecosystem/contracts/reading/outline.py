"""What stands in a contract, in reading order and in one language, whatever it is printed on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import UNSET

from ecosystem.contracts.form_shapes import (
    Clause,
    ContractTerms,
    Observed,
    Survey,
    TermsMetric,
    TermsMilestone,
    TermsTermination,
)
from ecosystem.contracts.model import Contract
from ecosystem.contracts.reading import outline_phrases as phrases
from ecosystem.contracts.reading.rule_words import sentence, warnings
from ecosystem.history.past.model import Past
from ecosystem.identity.login.languages import Language, Said, name_of
from ecosystem.values.text import Text


@dataclass(frozen=True)
class Grid:
    """A table; its rows are as long as its heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Entry:
    """A heading of its own with what it says."""

    title: str
    text: str


@dataclass(frozen=True)
class Section:
    """A part of the contract."""

    title: str
    parts: tuple[str | Entry | Grid, ...]


@dataclass(frozen=True)
class Outline:
    """A whole contract in one language."""

    language: Language
    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def outline(contract: Contract, *, language: Language) -> Outline:
    """Return everything that the parties sign, and who has signed it.

    A text that is not there in `language` stands in the other.
    """
    told = _Told(contract, language)
    return Outline(
        language=language,
        title=name_of(contract.terms.title, language),
        facts=tuple(told.facts()),
        sections=tuple(told.sections()),
    )


class _Told:
    """Tells the parts of one contract in one language."""

    def __init__(self, contract: Contract, language: Language) -> None:
        self._contract = contract
        self._terms: ContractTerms = contract.terms
        self._language: Language = language
        self._names: Mapping[str, str] = {
            one.organisation_id: name_of(one.name, language) for one in contract.terms.parties
        }

    def facts(self) -> Iterator[tuple[str, str]]:
        contract, terms = self._contract, self._terms
        form = terms.form
        yield self._say(phrases.CONTRACT), contract.id
        yield self._say(phrases.STATE), self._say(phrases.STATES[contract.state])
        yield self._say(phrases.EDITION), str(contract.edition)
        yield self._say(phrases.VERSION), str(contract.version)
        yield from self._then(contract.then)
        yield self._say(phrases.FORM), f"{form.id} {form.version}, SHA-256 {form.digest}"
        operation = self._say(phrases.OPERATIONS[terms.operation])
        phases = self._list(self._say(phrases.PHASES[one]) for one in terms.phases)
        yield self._say(phrases.OPERATION), f"{operation}: {phases}"
        yield self._say(phrases.VALUE), f"{terms.value.decimal():,f} {terms.value.currency}"
        period = {"first": str(terms.period.starts_on), "last": str(terms.period.ends_on)}
        yield self._say(phrases.PERIOD), self._say(phrases.UNTIL, **period)
        yield self._say(phrases.DIGEST), contract.terms_digest

    def _then(self, then: Past) -> Iterator[tuple[str, str]]:
        """Yield of which moments the contract speaks, where that is not now."""
        if then is UNSET:
            return
        yield self._say(phrases.AS_OF), _moment(then.as_of)
        if then.valid_at is not None:
            yield self._say(phrases.VALID_AT), _moment(then.valid_at)
        if (later := then.corrected_by) is not None:
            told = self._say(phrases.CORRECTION, type=later.type, at=_moment(later.recorded_at))
            yield self._say(phrases.CORRECTED), told

    def sections(self) -> Iterator[Section]:
        terms = self._terms
        liable = (self._say(phrases.LIABLE[one.role, one.liability]) for one in terms.consortia)
        yield self._section(phrases.PARTIES, [self._parties(), *liable])
        yield self._section(phrases.CLAUSES, self._entries(terms.clauses))
        yield self._section(phrases.AGREED, [self._agreed()])
        yield self._section(phrases.MILESTONES, [self._milestones()])
        yield self._section(phrases.METRICS, map(self._metric, terms.metrics))
        yield self._section(phrases.RULES, [self._say(phrases.IN_WORDS), *self._rules()])
        yield self._section(phrases.STANDARDS, [self._standards()])
        yield self._section(
            phrases.DATA_TERMS,
            (
                Entry(
                    f"{self._coded(one.title, one.code)} ({self._say(phrases.ACCESS[one.access])}, "
                    f"{self._text(one.licence)})",
                    self._text(one.text),
                )
                for one in terms.data_terms
            ),
        )
        yield self._section(phrases.CHANGES, self._entries(terms.changes))
        yield self._section(phrases.TERMINATION, self._termination())
        yield self._section(phrases.SIGNATURES, [self._signatures()])

    def _parties(self) -> Grid:
        shares = {
            (one.organisation_id, one.role): one.share or "" for one in self._contract.parties
        } | {
            (one.organisation_id, consortium.role): one.share
            for consortium in self._terms.consortia
            for one in consortium.shares
        }
        heads = (phrases.ROLE, phrases.NAME, phrases.KIND, phrases.ORGANISATION, phrases.SHARE)
        return Grid(
            tuple(map(self._say, heads)),
            tuple(
                (
                    self._say(phrases.ROLES[one.role])
                    + (self._say(phrases.LEAD) if one.lead else ""),
                    self._text(one.name),
                    self._say(phrases.KINDS[one.kind]),
                    one.organisation_id,
                    shares.get((one.organisation_id, one.role), ""),
                )
                for one in self._terms.parties
            ),
        )

    def _agreed(self) -> Grid:
        """Return what was said where the form leaves a blank, as it stands in the terms."""
        heads = (self._say(phrases.NAME), self._say(phrases.WHAT))
        return Grid(heads, tuple(self._terms.variables.items()))

    def _milestones(self) -> Grid:
        heads = (
            phrases.CODE, phrases.WHAT, phrases.DUE, phrases.ACCEPTED_WITHIN, phrases.EVIDENCE,
            phrases.CONDITIONS,
        )  # fmt: skip
        return Grid(
            tuple(map(self._say, heads)),
            tuple(
                (
                    one.code,
                    self._coded(one.title, self._say(phrases.MILESTONE_KINDS[one.kind])),
                    str(one.due_on),
                    str(one.acceptance_days),
                    ", ".join(one.evidence),
                    self._list(self._conditions(one)),
                )
                for one in self._terms.milestones
            ),
        )

    def _conditions(self, milestone: TermsMilestone) -> Iterator[str]:
        """Yield what has to be so before a milestone is submitted, or accepted."""
        if milestone.metrics:
            yield self._say(phrases.SHOWN_BY, metrics=", ".join(milestone.metrics))
        if milestone.after:
            yield self._say(phrases.AFTER, codes=", ".join(milestone.after))
        if milestone.early:
            yield self._say(phrases.EARLY)
        if milestone.verified:
            yield self._say(phrases.CONFIRMED)

    def _metric(self, metric: TermsMetric) -> Entry:
        aim = self._say(
            phrases.AIMS[metric.baseline is not None],
            baseline=metric.baseline or "",
            target=metric.target,
            unit=self._text(metric.unit),
        )
        measured = self._say(
            phrases.MEASURED,
            period=self._say(phrases.PERIODS[metric.period]),
            source=self._ended(self._text(metric.source)),
            method=self._text(metric.method),
            verification=self._ended(self._text(metric.verification)),
            better=self._say(phrases.BETTER[metric.direction]),
            role=self._say(phrases.ROLES[metric.verified_by]),
        )
        title = f"{self._coded(metric.title, metric.code)} - {self._say(phrases.AIM)}: {aim}"
        text = f"{self._text(metric.definition)} {measured}"
        observed = metric.observed
        return Entry(title, text if observed is None else f"{text} {self._observed(observed)}")

    def _observed(self, observed: Observed) -> str:
        value = self._say(phrases.AGGREGATIONS[observed.aggregation])
        if observed.percentile is not None:
            percent = self._percent(observed.percentile)
            value = self._say(phrases.AT_PERCENTILE, aggregation=value, percent=percent)
        if observed.factor != "1":
            value = self._say(phrases.TIMES, aggregation=value, factor=observed.factor)
        told = self._say(
            phrases.OBSERVED,
            window=self._say((phrases.WINDOWS | phrases.PERIODS)[observed.window]),
            aggregation=value,
            completeness=self._percent(observed.completeness),
            days=str(observed.late_after_days),
            zone=observed.time_zone,
        )
        survey = observed.asks()
        return told if survey is None else f"{told} {self._survey(survey)}"

    def _survey(self, survey: Survey) -> str:
        return self._say(
            phrases.SURVEY,
            statistic=self._say(phrases.STATISTICS[survey.statistic]),
            scale="" if survey.scale is None else f" ({survey.scale.lower}-{survey.scale.upper})",
            mode=self._say(phrases.MODES[survey.mode]),
            sampling=self._say(phrases.SAMPLINGS[survey.sampling]),
            sample=str(survey.sample_min),
            response=survey.response_min,
            confidence=survey.confidence,
        )

    def _rules(self) -> Iterator[Entry]:
        names = {one.code: self._text(one.title) for one in self._terms.metrics}
        names |= {one.code: self._text(one.title) for one in self._terms.milestones}
        for rule in self._terms.payment_rules:
            words = sentence(rule, names=names, language=self._language)
            warned = warnings(rule, names=names, language=self._language)
            yield Entry(self._coded(rule.title, rule.code), " ".join([words, *warned]))

    def _standards(self) -> Grid:
        return Grid(
            (self._say(phrases.CODE), self._say(phrases.NAME)),
            tuple(
                (f"{one.code}-{one.edition}", self._text(one.title))
                for one in self._terms.standards
            ),
        )

    def _termination(self) -> Iterator[Entry]:
        for one in self._terms.termination:
            text = self._say(
                phrases.NOTICE,
                text=self._text(one.text),
                holder=self._say(phrases.HOLDERS[one.holder]),
                when=self._when(one),
                days=str(one.notice_days),
            )
            yield Entry(self._coded(one.title, one.code), text)

    def _when(self, right: TermsTermination) -> str:
        if (trigger := right.trigger) is None:
            return ""
        return self._say(
            phrases.TRIGGER,
            metric=trigger.metric,
            value=trigger.worse_than,
            times=str(trigger.times),
            periods=str(trigger.of_periods),
        )

    def _signatures(self) -> str | Grid:
        signatures = self._contract.signatures
        if not signatures:
            return self._say(phrases.UNSIGNED)
        return Grid(
            tuple(map(self._say, (phrases.NAME, phrases.SIGNED_AT, phrases.OWN_KEY))),
            tuple(
                (
                    self._names.get(one.organisation_id, one.organisation_id),
                    _moment(one.signed_at),
                    "" if one.own_key is None else one.own_key.thumbprint,
                )
                for one in sorted(signatures, key=lambda one: (one.signed_at, one.organisation_id))
            ),
        )

    def _entries(self, clauses: Iterable[Clause]) -> Iterator[Entry]:
        return (Entry(self._coded(one.title, one.code), self._text(one.text)) for one in clauses)

    def _section(self, title: Said, parts: Iterable[str | Entry | Grid]) -> Section:
        return Section(self._say(title), tuple(parts))

    def _say(self, said: Said, **parts: str) -> str:
        return said.told(self._language, **parts)

    def _list(self, parts: Iterable[str]) -> str:
        return self._say(phrases.JOIN).join(parts)

    def _coded(self, title: Text, code: str) -> str:
        return self._say(phrases.CODED, title=self._text(title), code=code)

    def _percent(self, ratio: str) -> str:
        return self._say(phrases.PERCENT, percent=f"{(Decimal(ratio) * 100).normalize():f}")

    def _ended(self, text: str) -> str:
        return text if text.endswith((".", "。")) else text + self._say(phrases.STOP)

    def _text(self, text: Text) -> str:
        return name_of(text, self._language)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
