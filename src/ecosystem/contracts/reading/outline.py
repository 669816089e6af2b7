"""What stands in a contract, in reading order and in one language, whatever it is printed on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ecosystem.contracts.form_shapes import Clause, ContractTerms, TermsMetric
from ecosystem.contracts.model import Contract
from ecosystem.contracts.reading.rule_words import sentence
from ecosystem.identity.login.languages import Language, Said, name_of
from ecosystem.values.text import Text

_CONTRACT: Final = Said("合同编号", "Contract")
_STATE: Final = Said("状态", "State")
_STATES: Final = {
    "draft": Said("草案，尚未生效", "draft, not in force"),
    "active": Said("已生效", "in force"),
    "suspended": Said("已中止", "suspended"),
    "completed": Said("已完成", "completed"),
    "terminated": Said("已终止", "terminated"),
}
_VERSION: Final = Said("版本", "Version")
_FORM: Final = Said("标准合同", "Standard form")
_VALUE: Final = Said("合同价", "Value")
_PERIOD: Final = Said("期限", "Period")
_UNTIL: Final = Said("{first} 起，至 {last} 前一日止", "from {first} up to the day before {last}")
_DIGEST: Final = Said("条款摘要（SHA-256）", "Digest of the terms (SHA-256)")
_PARTIES: Final = Said("当事人", "Parties")
_ROLE: Final = Said("身份", "Place")
_NAME: Final = Said("名称", "Name")
_ORGANISATION: Final = Said("机构标识", "Identifier")
_SHARE: Final = Said("份额（%）", "Share (%)")
_ROLES: Final = {
    "buyer": Said("采购人", "buyer"),
    "supplier": Said("供应方", "supplier"),
    "verifier": Said("核验方", "verifier"),
    "lender": Said("融资方", "lender"),
}
_LEAD: Final = Said("（牵头）", " (lead)")
_LIABLE: Final = {
    ("supplier", "joint"): Said(
        "供应方为联合体：各成员就合同承担连带责任，各自收款份额如上。",
        "The suppliers are a consortium: each is liable for the whole, jointly with the others, "
        "and is paid the share above.",
    ),
    ("supplier", "several"): Said(
        "供应方为联合体：各成员仅就其份额承担责任，各自收款份额如上。",
        "The suppliers are a consortium: each is liable for its own share alone, "
        "and is paid the share above.",
    ),
    ("lender", "joint"): Said(
        "融资方为银团：各成员就融资承担连带责任，各自份额如上。",
        "The lenders are a consortium: each is liable for the whole, jointly with the others, "
        "and lends the share above.",
    ),
    ("lender", "several"): Said(
        "融资方为银团：各成员仅就其份额承担责任，各自份额如上。",
        "The lenders are a consortium: each is liable for its own share alone, "
        "and lends the share above.",
    ),
}
_CLAUSES: Final = Said("条款", "Clauses")
_MILESTONES: Final = Said("里程碑", "Milestones")
_CODE: Final = Said("代码", "Code")
_WHAT: Final = Said("内容", "What")
_DUE: Final = Said("到期日", "Due on")
_ACCEPTED_WITHIN: Final = Said("验收期限（日）", "Accepted within (days)")
_EVIDENCE: Final = Said("证据", "Evidence")
_METRICS: Final = Said("成效指标", "Metrics")
_AIM: Final = Said("目标", "Target")
_AIMS: Final = {
    True: Said("由 {baseline} 至 {target}（{unit}）", "from {baseline} to {target} ({unit})"),
    False: Said("{target}（{unit}）", "{target} ({unit})"),
}
_MEASURED: Final = Said(
    "每{period}一次。来源：{source}方法：{method}核验：{verification}",
    "Each {period}. Source: {source} Method: {method} Verification: {verification}",
)
_PERIODS: Final = {
    "month": Said("月", "month"),
    "quarter": Said("季度", "quarter"),
    "half_year": Said("半年", "half-year"),
    "year": Said("年", "year"),
}
_STOP: Final = Said("。", ".")
_RULES: Final = Said("付款规则", "Payment rules")
_IN_WORDS: Final = Said(
    "以下文字由规则数据生成；以数据为准。",
    "These words are made from the rules' data; where they leave a doubt, the data decides.",
)
_STANDARDS: Final = Said("引用标准", "Standards")
_DATA_TERMS: Final = Said("数据条款", "Terms of data")
_ACCESS: Final = {
    "open": Said("开放", "open"),
    "conditional": Said("有条件", "on conditions"),
    "restricted": Said("受限", "restricted"),
}
_CHANGES: Final = Said("变更", "Changes")
_TERMINATION: Final = Said("终止", "Termination")
_NOTICE: Final = Said(
    "{text}（由{holder}行使，提前 {days} 日通知。）",
    "{text} (Held by the {holder}; {days} days' notice.)",
)
_HOLDERS: Final = {
    "buyer": Said("采购人", "buyer"),
    "supplier": Said("供应方", "supplier"),
    "either": Said("任一方", "buyer or the supplier"),
}
_SIGNATURES: Final = Said("签署", "Signatures")
_UNSIGNED: Final = Said("尚无签署。", "Nobody has signed yet.")
_SIGNED_AT: Final = Said("签署时间（UTC）", "Signed at (UTC)")
_OWN_KEY: Final = Said("自有密钥（RFC 7638 指纹）", "Own key (RFC 7638 thumbprint)")


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
        yield self._say(_CONTRACT), contract.id
        yield self._say(_STATE), self._say(_STATES[contract.state])
        yield self._say(_VERSION), str(contract.version)
        yield self._say(_FORM), f"{form.id} {form.version}, SHA-256 {form.digest}"
        yield self._say(_VALUE), f"{terms.value.decimal():,f} {terms.value.currency}"
        period = {"first": str(terms.period.starts_on), "last": str(terms.period.ends_on)}
        yield self._say(_PERIOD), self._say(_UNTIL, **period)
        yield self._say(_DIGEST), contract.terms_digest

    def sections(self) -> Iterator[Section]:
        terms = self._terms
        liable = (self._say(_LIABLE[one.role, one.liability]) for one in terms.consortia)
        yield self._section(_PARTIES, [self._parties(), *liable])
        yield self._section(_CLAUSES, self._entries(terms.clauses))
        yield self._section(_MILESTONES, [self._milestones()])
        yield self._section(_METRICS, map(self._metric, terms.metrics))
        yield self._section(_RULES, [self._say(_IN_WORDS), *self._rules()])
        yield self._section(_STANDARDS, [self._standards()])
        yield self._section(
            _DATA_TERMS,
            (
                Entry(
                    f"{self._text(one.title)} ({self._say(_ACCESS[one.access])}, "
                    f"{self._text(one.licence)})",
                    self._text(one.text),
                )
                for one in terms.data_terms
            ),
        )
        yield self._section(_CHANGES, self._entries(terms.changes))
        yield self._section(_TERMINATION, self._termination())
        yield self._section(_SIGNATURES, [self._signatures()])

    def _parties(self) -> Grid:
        shares = {
            (one.organisation_id, one.role): one.share or "" for one in self._contract.parties
        }
        return Grid(
            tuple(map(self._say, (_ROLE, _NAME, _ORGANISATION, _SHARE))),
            tuple(
                (
                    self._say(_ROLES[one.role]) + (self._say(_LEAD) if one.lead else ""),
                    self._text(one.name),
                    one.organisation_id,
                    shares.get((one.organisation_id, one.role), ""),
                )
                for one in self._terms.parties
            ),
        )

    def _milestones(self) -> Grid:
        return Grid(
            tuple(map(self._say, (_CODE, _WHAT, _DUE, _ACCEPTED_WITHIN, _EVIDENCE))),
            tuple(
                (
                    one.code,
                    self._text(one.title),
                    str(one.due_on),
                    str(one.acceptance_days),
                    ", ".join(one.evidence),
                )
                for one in self._terms.milestones
            ),
        )

    def _metric(self, metric: TermsMetric) -> Entry:
        aim = self._say(
            _AIMS[metric.baseline is not None],
            baseline=metric.baseline or "",
            target=metric.target,
            unit=self._text(metric.unit),
        )
        measured = self._say(
            _MEASURED,
            period=self._say(_PERIODS[metric.period]),
            source=self._ended(self._text(metric.source)),
            method=self._text(metric.method),
            verification=self._text(metric.verification),
        )
        title = f"{self._text(metric.title)} - {self._say(_AIM)}: {aim}"
        return Entry(title, f"{self._text(metric.definition)} {measured}")

    def _rules(self) -> Iterator[Entry]:
        names = {one.code: self._text(one.title) for one in self._terms.metrics}
        names |= {one.code: self._text(one.title) for one in self._terms.milestones}
        for rule in self._terms.payment_rules:
            words = sentence(rule, names=names, language=self._language)
            yield Entry(self._text(rule.title), words)

    def _standards(self) -> Grid:
        return Grid(
            (self._say(_CODE), self._say(_NAME)),
            tuple(
                (f"{one.code}-{one.edition}", self._text(one.title))
                for one in self._terms.standards
            ),
        )

    def _termination(self) -> Iterator[Entry]:
        for one in self._terms.termination:
            text = self._say(
                _NOTICE,
                text=self._text(one.text),
                holder=self._say(_HOLDERS[one.holder]),
                days=str(one.notice_days),
            )
            yield Entry(self._text(one.title), text)

    def _signatures(self) -> str | Grid:
        signatures = self._contract.signatures
        if not signatures:
            return self._say(_UNSIGNED)
        return Grid(
            tuple(map(self._say, (_NAME, _SIGNED_AT, _OWN_KEY))),
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
        return (Entry(self._text(one.title), self._text(one.text)) for one in clauses)

    def _section(self, title: Said, parts: Iterable[str | Entry | Grid]) -> Section:
        return Section(self._say(title), tuple(parts))

    def _say(self, said: Said, **parts: str) -> str:
        return said.told(self._language, **parts)

    def _ended(self, text: str) -> str:
        return text if text.endswith((".", "。")) else text + self._say(_STOP)

    def _text(self, text: Text) -> str:
        return name_of(text, self._language)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
