"""What a payment rule pays, in plain words of Chinese or English, made from its data alone."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import singledispatchmethod

from ecosystem.contracts import payment_rules as rules
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.reading import rule_phrases as phrases
from ecosystem.contracts.rule_limits import Cliff, cliffs
from ecosystem.contracts.rule_parts import Band, Condition
from ecosystem.identity.login.languages import Language, Said
from ecosystem.values.money import of

Names = dict[str, str]
"""What metrics and milestones are called, by their codes, in the language that is read."""


def sentence(rule: PaymentRule, *, names: Names, language: Language) -> str:
    """Return what `rule` pays or deducts as one sentence, with every number that decides it."""
    said = phrases.JOIN.told(language).join(_Telling(rule.currency, names, language).tell(rule))
    return f"{said}{phrases.END.told(language)}"


def warnings(rule: PaymentRule, *, names: Names, language: Language) -> Iterator[str]:
    """Yield a sentence for each cliff of `rule`."""
    telling = _Telling(rule.currency, names, language)
    return (telling.warn(one) for one in cliffs([rule]))


class _Telling:
    """Puts the parts of rules into words."""

    def __init__(self, currency: str, names: Names, language: Language) -> None:
        self._currency = currency
        self._names = names
        self._language: Language = language

    def tell(self, rule: PaymentRule) -> Iterator[str]:
        """Yield what the rule pays or deducts, and then what bounds it."""
        yield self._pays(rule)
        match rule:
            case rules.Composite(gates=gates) if gates:
                yield self._say(phrases.GATES, gates=self._conditions(gates))
            case rules.ServiceCredit(cap=cap) if Decimal(cap) < 1:
                yield self._say(phrases.CAP, cap=self._percent(cap))
            case _ if (most := getattr(rule, "maximum", None)) is not None:
                yield self._say(phrases.AT_MOST, amount=self._money(most))
            case _:
                return

    def warn(self, cliff: Cliff) -> str:
        """Say where a cliff lies, and how high it is."""
        return self._say(
            phrases.CLIFF,
            metric=self._name(cliff.metric),
            value=cliff.value,
            jump=self._money(cliff.jump),
            share=self._percent(cliff.share),
        )

    @singledispatchmethod
    def _pays(self, rule: PaymentRule) -> str:
        raise TypeError(rule)

    @_pays.register
    def _fixed(self, rule: rules.Fixed) -> str:
        milestone = self._name(rule.milestone)
        return self._say(phrases.FIXED, milestone=milestone, amount=self._money(rule.amount))

    @_pays.register
    def _unit_price(self, rule: rules.UnitPrice) -> str:
        return self._say(
            phrases.UNIT, metric=self._name(rule.metric), price=self._money(rule.price)
        )

    @_pays.register
    def _availability(self, rule: rules.Availability) -> str:
        areas = (
            self._say(
                phrases.AREA,
                metric=self._name(one.metric),
                weight=self._percent(one.weight),
                sessions=str(one.sessions),
            )
            for one in rule.areas
        )
        return self._say(
            phrases.AVAILABILITY, charge=self._money(rule.charge), areas=self._list(areas)
        )

    @_pays.register
    def _threshold(self, rule: rules.Threshold) -> str:
        return self._say(
            phrases.THRESHOLD,
            match=self._say(phrases.ALL if rule.match == "all" else phrases.ANY),
            pays=self._money(rule.pays),
            conditions=self._conditions(rule.conditions),
        )

    @_pays.register
    def _slab(self, rule: rules.Slab) -> str:
        bands = self._bands(rule.bands, rule.share_of)
        return self._say(phrases.SLAB, metric=self._name(rule.metric), bands=bands)

    @_pays.register
    def _satisfaction(self, rule: rules.Satisfaction) -> str:
        return self._say(
            phrases.SATISFACTION,
            metric=self._say(phrases.FIGURES[rule.reads()], metric=self._name(rule.metric)),
            sample=str(rule.sample_min),
            bands=self._bands(rule.bands, rule.share_of),
        )

    @_pays.register
    def _marginal(self, rule: rules.Marginal) -> str:
        bands = self._list(
            self._say(phrases.REST, price=self._money(one.price))
            if one.upto is None
            else self._say(phrases.PORTION, upto=one.upto, price=self._money(one.price))
            for one in rule.bands
        )
        return self._say(
            phrases.MARGINAL, metric=self._name(rule.metric), lower=rule.lower, bands=bands
        )

    @_pays.register
    def _linear(self, rule: rules.Linear) -> str:
        return self._say(
            phrases.LINEAR,
            metric=self._name(rule.metric),
            start=rule.start.value,
            least=self._money(rule.start.pays),
            end=rule.end.value,
            most=self._money(rule.end.pays),
        )

    @_pays.register
    def _savings_share(self, rule: rules.SavingsShare) -> str:
        return self._say(
            phrases.SAVINGS,
            metric=self._name(rule.metric),
            until=self._percent(rule.share_until),
            claim=self._money(rule.base_claim),
            after=self._percent(rule.share_after),
        )

    @_pays.register
    def _composite(self, rule: rules.Composite) -> str:
        parts = (
            self._say(
                phrases.PART,
                metric=self._name(one.metric),
                weight=self._percent(one.weight),
                worst=one.worst,
                best=one.best,
            )
            for one in rule.parts
        )
        return self._say(
            phrases.COMPOSITE, amount=self._money(rule.amount), parts=self._list(parts)
        )

    @_pays.register
    def _service_credit(self, rule: rules.ServiceCredit) -> str:
        worse = "lower" if rule.direction == "higher" else "higher"
        steps = (
            self._say(
                phrases.STEP,
                compares=self._say(phrases.COMPARES[worse, one.inclusive]),
                value=one.worse_than,
                rate=self._percent(one.rate),
            )
            for one in rule.steps
        )
        return self._say(
            phrases.CREDIT,
            charge=self._money(rule.charge),
            metric=self._name(rule.metric),
            steps=self._list(steps),
        )

    @_pays.register
    def _excess_days(self, rule: rules.ExcessDays) -> str:
        late = self._say(phrases.LATE, milestone=self._name(rule.milestone or ""))
        return self._say(
            phrases.DAYS,
            what=late if rule.metric is None else self._name(rule.metric),
            allowed=str(rule.allowed_days),
            per_day=self._money(rule.per_day),
        )

    @_pays.register
    def _points(self, rule: rules.Points) -> str:
        bands = self._list(
            self._say(phrases.RATCHET_REST, multiplier=one.multiplier)
            if one.upto is None
            else self._say(phrases.RATCHET, upto=str(one.upto), multiplier=one.multiplier)
            for one in rule.bands
        )
        return self._say(
            phrases.POINTS,
            metric=self._name(rule.metric),
            free=str(rule.free_points),
            value=self._money(rule.value_per_point),
            bands=bands,
        )

    @_pays.register
    def _gain_pain(self, rule: rules.GainPain) -> str:
        ranges = (
            self._say(phrases.RANGE_REST, lower=one.from_percent, share=self._percent(one.share))
            if one.to_percent is None
            else self._say(
                phrases.RANGE,
                lower=one.from_percent,
                upper=one.to_percent,
                share=self._percent(one.share),
            )
            for one in rule.ranges
        )
        return self._say(
            phrases.GAIN_PAIN,
            metric=self._name(rule.metric),
            target=self._money(rule.target),
            ranges=self._list(ranges),
        )

    @_pays.register
    def _advance(self, rule: rules.Advance) -> str:
        return self._say(
            phrases.ADVANCE,
            milestone=self._name(rule.milestone),
            amount=self._money(rule.amount),
            after=self._percent(rule.starts_after),
            recovered=self._say(
                phrases.RECOVERED[rule.base, rule.first], rate=self._percent(rule.rate)
            ),
        )

    @_pays.register
    def _retention(self, rule: rules.Retention) -> str:
        releases = (
            self._say(phrases.RELEASE_ON, day=f"{one.on}", share=self._percent(one.share))
            if one.milestone is None
            else self._say(
                phrases.RELEASE,
                milestone=self._name(one.milestone),
                share=self._percent(one.share),
            )
            for one in rule.releases
        )
        return self._say(
            phrases.RETENTION,
            rate=self._percent(rule.rate),
            limit=self._money(rule.limit),
            releases=self._list(releases),
        )

    @_pays.register
    def _indicator(self, rule: rules.Indicator) -> str:
        sides = [self._name(rule.metric), self._say(phrases.TARGET, target=rule.target)]
        over, under = sides if rule.direction == "higher" else reversed(sides)
        return self._say(
            phrases.INDICATOR,
            metric=self._name(rule.metric),
            points=rule.points,
            per_point=self._money(rule.per_point),
            over=over,
            under=under,
        )

    @_pays.register
    def _index(self, rule: rules.Index) -> str:
        parts = (
            self._say(
                phrases.WEIGHTED,
                metric=self._name(one.metric),
                weight=self._percent(one.weight),
                base=one.base,
            )
            for one in rule.parts
        )
        return self._say(
            phrases.INDEX,
            rules=self._list(self._name(code) for code in rule.rules),
            most=self._percent(rule.most),
            fixed=self._percent(rule.fixed),
            parts=self._list(parts),
        )

    @_pays.register
    def _waterfall(self, rule: rules.Waterfall) -> str:
        claims = (
            self._say(phrases.CLAIM, code=self._name(one.code), amount=self._money(one.amount))
            for one in rule.claims
        )
        return self._say(phrases.WATERFALL, claims=self._list(claims))

    @_pays.register
    def _termination_right(self, rule: rules.TerminationRight) -> str:
        worse = "lower" if rule.direction == "higher" else "higher"
        return self._say(
            phrases.RIGHT,
            metric=self._name(rule.metric),
            compares=self._say(phrases.COMPARES[worse, rule.inclusive]),
            value=rule.worse_than,
            times=str(rule.times),
            periods=str(rule.of_periods),
        )

    def _bands(self, bands: Iterable[Band], share_of: str | None) -> str:
        ordered = list(bands)
        following = [*ordered[1:], None]
        return self._list(
            self._band(one, following=after, share_of=share_of)
            for one, after in zip(ordered, following, strict=True)
        )

    def _band(self, band: Band, *, following: Band | None, share_of: str | None) -> str:
        upper, inclusive = band.to, band.to_inclusive
        if upper is None and following is not None:
            upper, inclusive = following.lower, not following.from_inclusive
        return self._say(
            phrases.BAND,
            lower=self._say(phrases.FROM[band.from_inclusive], value=band.lower),
            upper="" if upper is None else self._say(phrases.TO[inclusive], value=upper),
            pays=self._money(band.pays if share_of is None else self._share(band.pays, share_of)),
        )

    def _share(self, pays: str, share_of: str) -> str:
        """Return what a line of the calculation comes to, rounded as the engine rounds it."""
        return of(Decimal(share_of) * Decimal(pays), self._currency).amount

    def _conditions(self, conditions: Iterable[Condition]) -> str:
        return self._list(
            self._say(
                phrases.REACHES,
                metric=self._name(one.metric),
                compares=phrases.COMPARES[one.direction, one.inclusive].told(self._language),
                target=one.target,
            )
            for one in conditions
        )

    def _say(self, said: Said, **parts: str) -> str:
        return said.told(self._language, **parts)

    def _list(self, parts: Iterable[str]) -> str:
        return Said("，", ", ").told(self._language).join(parts)

    def _money(self, amount: str) -> str:
        return f"{Decimal(amount):,f} {self._currency}"

    def _name(self, code: str) -> str:
        return f"“{self._names.get(code, code)}”"

    def _percent(self, ratio: str) -> str:
        percent = (Decimal(ratio) * 100).normalize()
        return phrases.PERCENT.told(self._language, percent=f"{percent:f}")
