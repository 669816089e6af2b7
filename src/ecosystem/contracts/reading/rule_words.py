"""What a payment rule pays, in plain words of Chinese or English, made from its data alone."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import singledispatchmethod
from typing import Final

from ecosystem.contracts import payment_rules as rules
from ecosystem.contracts.payment_rules import Band, Condition, PaymentRule
from ecosystem.identity.login.languages import Language, Said

Names = dict[str, str]
"""What metrics and milestones are called, by their codes, in the language that is read."""

_JOIN: Final = Said("；", "; ")
_PERCENT: Final = Said("{percent}%", "{percent} %")
_END: Final = Said("。", ".")
_FIXED: Final = Said("{milestone}验收后支付 {amount}", "{amount} once {milestone} is accepted")
_UNIT: Final = Said("每单位{metric}支付 {price}", "{price} for each unit of {metric}")
_AT_MOST: Final = Said("累计不超过 {amount}", "{amount} at most over the whole contract")
_AVAILABILITY: Final = Said(
    "每期 {charge}，扣除各项失效时段的加权比例：{areas}",
    "{charge} for each period, less the weighted share of sessions that failed: {areas}",
)
_AREA: Final = Said(
    "{metric}权重 {weight}，共 {sessions} 个时段",
    "{metric} with a weight of {weight}, of {sessions} sessions",
)
_THRESHOLD: Final = Said(
    "满足{match}条件的每期支付 {pays}，否则不付：{conditions}",
    "{pays} for each period in which {match} of these hold, and nothing otherwise: {conditions}",
)
_ALL: Final = Said("全部", "all")
_ANY: Final = Said("任一", "any")
_REACHES: Final = Said("{metric}{compares} {target}", "{metric} is {compares} {target}")
_COMPARES: Final = {
    ("higher", True): Said("不低于", "at least"),
    ("higher", False): Said("高于", "above"),
    ("lower", True): Said("不高于", "at most"),
    ("lower", False): Said("低于", "below"),
}
_SLAB: Final = Said("按{metric}所在区间整额支付：{bands}", "By the band of {metric}: {bands}")
_SATISFACTION: Final = Said(
    "有效样本不少于 {sample} 份时，按{metric}所在区间整额支付：{bands}",
    "By the band of {metric}, where at least {sample} people were asked: {bands}",
)
_BAND: Final = Said("{lower}{upper}：{pays}", "{lower}{upper}: {pays}")
_FROM: Final = {
    True: Said("{value} 起", "from {value}"),
    False: Said("{value} 以上", "above {value}"),
}
_TO: Final = {
    True: Said("至 {value}（含）", " up to and including {value}"),
    False: Said("至 {value}（不含）", " to below {value}"),
}
_MARGINAL: Final = Said(
    "{metric}自 {lower} 起逐段计价：{bands}",
    "For each unit of {metric} from {lower} on, by the band in which it lies: {bands}",
)
_PORTION: Final = Said("至 {upto} 每单位 {price}", "up to {upto}, {price} each")
_REST: Final = Said("其余每单位 {price}", "the rest, {price} each")
_LINEAR: Final = Said(
    "{metric}为 {start} 时 {least}，为 {end} 时 {most}，其间按直线，其外取近端",
    "{least} where {metric} is {start}, {most} where it is {end}, on a straight line between, "
    "and beyond them as at the nearer",
)
_SAVINGS: Final = Said(
    "{metric}的 {until} 归供应方，直至得到 {claim}，其后 {after}",
    "{until} of {metric} until {claim} is paid, and {after} of what comes after",
)
_COMPOSITE: Final = Said(
    "每期以 {amount} 乘加权得分支付：{parts}",
    "{amount} times a weighted score of each period: {parts}",
)
_PART: Final = Said(
    "{metric}权重 {weight}，{worst} 为零分，{best} 为满分",
    "{metric} with a weight of {weight}, nothing at {worst} and all of it at {best}",
)
_GATES: Final = Said(
    "不满足下列任一条件则不付：{gates}", "nothing unless all of these hold: {gates}"
)
_CREDIT: Final = Said(
    "从每期 {charge} 中按{metric}扣减，取最重一档：{steps}",
    "Deducted from the {charge} of each period by {metric}, the worst step counting: {steps}",
)
_STEP: Final = Said("{compares} {value}：扣 {rate}", "{compares} {value}: {rate}")
_CAP: Final = Said("扣减不超过 {cap}", "{cap} at most")
_DAYS: Final = Said(
    "{what}超过 {allowed} 日的，每日扣减 {per_day}",
    "{per_day} deducted for each day of {what} beyond {allowed}",
)
_LATE: Final = Said("{milestone}逾期", "delay of {milestone}")
_POINTS: Final = Said(
    "{metric}超过 {free} 分的部分，每分扣减 {value}，逐段乘以：{bands}",
    "{value} deducted for each point of {metric} beyond {free}, multiplied by bands: {bands}",
)
_RATCHET: Final = Said("至 {upto} 分 {multiplier} 倍", "up to {upto} points by {multiplier}")
_RATCHET_REST: Final = Said("其余 {multiplier} 倍", "the rest by {multiplier}")
_GAIN_PAIN: Final = Said(
    "以{metric}与目标成本 {target} 之差分担：{ranges}",
    "A share of the difference between {metric} and the target cost of {target}: {ranges}",
)
_RANGE: Final = Said(
    "目标成本的 {lower}% 至 {upper}%：供应方 {share}",
    "between {lower} % and {upper} % of it, {share} is the supplier's",
)
_RANGE_REST: Final = Said(
    "目标成本的 {lower}% 以上：供应方 {share}", "above {lower} % of it, {share} is the supplier's"
)
_ADVANCE: Final = Said(
    "{milestone}验收后预付 {amount}；累计核定超过合同价的 {after} 后，按{base}的 {rate} 扣回",
    "{amount} in advance once {milestone} is accepted, recovered at {rate} of {base} after "
    "{after} of the contract value is certified",
)
_GROSS: Final = Said("核定额", "what is certified")
_NET: Final = Said("扣除保留金后的核定额", "what is certified less retention")
_RETENTION: Final = Said(
    "每期核定额留置 {rate}，同时留置不超过 {limit}；释放：{releases}",
    "{rate} of what is certified is held, {limit} at most at a time; released: {releases}",
)
_RELEASE: Final = Said("{milestone}验收后 {share}", "{share} once {milestone} is accepted")


def sentence(rule: PaymentRule, *, names: Names, language: Language) -> str:
    """Return what `rule` pays or deducts as one sentence, with every number that decides it."""
    said = _JOIN.told(language).join(_Telling(rule.currency, names, language).tell(rule))
    return f"{said}{_END.told(language)}"


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
                yield self._say(_GATES, gates=self._conditions(gates))
            case rules.ServiceCredit(cap=cap) if Decimal(cap) < 1:
                yield self._say(_CAP, cap=self._percent(cap))
            case rules.UnitPrice(maximum=str(most)) | rules.ExcessDays(maximum=str(most)):
                yield self._say(_AT_MOST, amount=self._money(most))
            case _:
                return

    @singledispatchmethod
    def _pays(self, rule: PaymentRule) -> str:
        raise TypeError(rule)

    @_pays.register
    def _fixed(self, rule: rules.Fixed) -> str:
        milestone = self._name(rule.milestone)
        return self._say(_FIXED, milestone=milestone, amount=self._money(rule.amount))

    @_pays.register
    def _unit_price(self, rule: rules.UnitPrice) -> str:
        return self._say(_UNIT, metric=self._name(rule.metric), price=self._money(rule.price))

    @_pays.register
    def _availability(self, rule: rules.Availability) -> str:
        areas = (
            self._say(
                _AREA,
                metric=self._name(one.metric),
                weight=self._percent(one.weight),
                sessions=str(one.sessions),
            )
            for one in rule.areas
        )
        return self._say(_AVAILABILITY, charge=self._money(rule.charge), areas=self._list(areas))

    @_pays.register
    def _threshold(self, rule: rules.Threshold) -> str:
        return self._say(
            _THRESHOLD,
            match=self._say(_ALL if rule.match == "all" else _ANY),
            pays=self._money(rule.pays),
            conditions=self._conditions(rule.conditions),
        )

    @_pays.register
    def _slab(self, rule: rules.Slab) -> str:
        bands = self._bands(rule.bands, rule.share_of)
        return self._say(_SLAB, metric=self._name(rule.metric), bands=bands)

    @_pays.register
    def _satisfaction(self, rule: rules.Satisfaction) -> str:
        return self._say(
            _SATISFACTION,
            metric=self._name(rule.metric),
            sample=str(rule.sample_min),
            bands=self._bands(rule.bands, rule.share_of),
        )

    @_pays.register
    def _marginal(self, rule: rules.Marginal) -> str:
        bands = self._list(
            self._say(_REST, price=self._money(one.price))
            if one.upto is None
            else self._say(_PORTION, upto=one.upto, price=self._money(one.price))
            for one in rule.bands
        )
        return self._say(_MARGINAL, metric=self._name(rule.metric), lower=rule.lower, bands=bands)

    @_pays.register
    def _linear(self, rule: rules.Linear) -> str:
        return self._say(
            _LINEAR,
            metric=self._name(rule.metric),
            start=rule.start.value,
            least=self._money(rule.start.pays),
            end=rule.end.value,
            most=self._money(rule.end.pays),
        )

    @_pays.register
    def _savings_share(self, rule: rules.SavingsShare) -> str:
        return self._say(
            _SAVINGS,
            metric=self._name(rule.metric),
            until=self._percent(rule.share_until),
            claim=self._money(rule.base_claim),
            after=self._percent(rule.share_after),
        )

    @_pays.register
    def _composite(self, rule: rules.Composite) -> str:
        parts = (
            self._say(
                _PART,
                metric=self._name(one.metric),
                weight=self._percent(one.weight),
                worst=one.worst,
                best=one.best,
            )
            for one in rule.parts
        )
        return self._say(_COMPOSITE, amount=self._money(rule.amount), parts=self._list(parts))

    @_pays.register
    def _service_credit(self, rule: rules.ServiceCredit) -> str:
        worse = "lower" if rule.direction == "higher" else "higher"
        steps = (
            self._say(
                _STEP,
                compares=self._say(_COMPARES[worse, one.inclusive]),
                value=one.worse_than,
                rate=self._percent(one.rate),
            )
            for one in rule.steps
        )
        return self._say(
            _CREDIT,
            charge=self._money(rule.charge),
            metric=self._name(rule.metric),
            steps=self._list(steps),
        )

    @_pays.register
    def _excess_days(self, rule: rules.ExcessDays) -> str:
        late = self._say(_LATE, milestone=self._name(rule.milestone or ""))
        return self._say(
            _DAYS,
            what=late if rule.metric is None else self._name(rule.metric),
            allowed=str(rule.allowed_days),
            per_day=self._money(rule.per_day),
        )

    @_pays.register
    def _points(self, rule: rules.Points) -> str:
        bands = self._list(
            self._say(_RATCHET_REST, multiplier=one.multiplier)
            if one.upto is None
            else self._say(_RATCHET, upto=str(one.upto), multiplier=one.multiplier)
            for one in rule.bands
        )
        return self._say(
            _POINTS,
            metric=self._name(rule.metric),
            free=str(rule.free_points),
            value=self._money(rule.value_per_point),
            bands=bands,
        )

    @_pays.register
    def _gain_pain(self, rule: rules.GainPain) -> str:
        ranges = (
            self._say(_RANGE_REST, lower=one.from_percent, share=self._percent(one.share))
            if one.to_percent is None
            else self._say(
                _RANGE,
                lower=one.from_percent,
                upper=one.to_percent,
                share=self._percent(one.share),
            )
            for one in rule.ranges
        )
        return self._say(
            _GAIN_PAIN,
            metric=self._name(rule.metric),
            target=self._money(rule.target),
            ranges=self._list(ranges),
        )

    @_pays.register
    def _advance(self, rule: rules.Advance) -> str:
        return self._say(
            _ADVANCE,
            milestone=self._name(rule.milestone),
            amount=self._money(rule.amount),
            after=self._percent(rule.starts_after),
            base=self._say(_GROSS if rule.base == "gross" else _NET),
            rate=self._percent(rule.rate),
        )

    @_pays.register
    def _retention(self, rule: rules.Retention) -> str:
        releases = (
            self._say(_RELEASE, milestone=self._name(one.milestone), share=self._percent(one.share))
            for one in rule.releases
        )
        return self._say(
            _RETENTION,
            rate=self._percent(rule.rate),
            limit=self._money(rule.limit),
            releases=self._list(releases),
        )

    def _bands(self, bands: Iterable[Band], share_of: str | None) -> str:
        ordered = list(bands)
        following = [*(one.lower for one in ordered[1:]), None]
        return self._list(
            self._band(one, following=after, share_of=share_of)
            for one, after in zip(ordered, following, strict=True)
        )

    def _band(self, band: Band, *, following: str | None, share_of: str | None) -> str:
        upper = following if band.to is None else band.to
        inclusive = band.to_inclusive if band.to is not None else False
        pays = band.pays if share_of is None else f"{Decimal(share_of) * Decimal(band.pays):.2f}"
        return self._say(
            _BAND,
            lower=self._say(_FROM[band.from_inclusive], value=band.lower),
            upper="" if upper is None else self._say(_TO[inclusive], value=upper),
            pays=self._money(pays),
        )

    def _conditions(self, conditions: Iterable[Condition]) -> str:
        return self._list(
            self._say(
                _REACHES,
                metric=self._name(one.metric),
                compares=_COMPARES[one.direction, one.inclusive].told(self._language),
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
        return _PERCENT.told(self._language, percent=f"{percent:f}")
