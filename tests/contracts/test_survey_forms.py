"""How citizens are asked stands in a form, in the terms that grow from it, and in plain words."""

from typing import Literal

import pytest

from ecosystem.contracts.payment_rules import Satisfaction
from ecosystem.contracts.reading.rule_words import sentence
from ecosystem.contracts.rule_parts import Band
from ecosystem.values.text import Text
from tests.contracts.test_forms import DOCUMENTS, VALUES, faults_of, grown

SURVEYS = [
    ("aggregation: ratio_of_sums", "aggregation: mean", "survey_unfit", "/aggregation", 20),
    ("statistic: mean", "statistic: proportion", "survey_unfit", "/scale", 16),
    ('upper: "100"}', 'upper: "0"}', "survey_unfit", "/scale/upper", 36),
    ("sampling: stratified", "sampling: quota", "type", "/sampling", 19),
    ('sample_min: "{sample_min}"', "sample_min: 29", "survey_unfit", "/survey/sample_min", 21),
    ('    minimum: "100"', '    minimum: "20"', "survey_unfit", "/survey/sample_min", 21),
    ("    metric: satisfaction\n    figure", "    metric: matters-settled\n    figure",
     "survey_missing", "/figure", 13),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "pointer", "column"), SURVEYS)
def test_a_fault_in_a_survey_is_named_with_its_column(
    old: str, new: str, code: str, pointer: str, column: int
) -> None:
    text = DOCUMENTS["citizen-service-operation.yaml"].decode()
    assert old in text

    found = faults_of(text.replace(old, new, 1))

    named = [(fault, place) for fault, where, place in found if where.endswith(pointer)]
    assert [(fault, place.split(":")[1]) for fault, place in named] == [(code, str(column))]


def test_a_contract_says_how_its_citizens_are_asked() -> None:
    name = "citizen-service-operation.yaml"

    terms = grown(name, values={**VALUES[name], "sample_min": 600})

    (metric,) = [one for one in terms.metrics if one.code == "satisfaction"]
    survey = metric.observed.asks() if metric.observed else None
    assert survey is not None
    assert (survey.sample_min, survey.confidence, survey.statistic) == (600, "0.95", "mean")


@pytest.mark.parametrize(
    ("figure", "en", "zh"),
    [
        ("value", "the band of “survey”,", "按“survey”所在区间"),
        ("lower", "the band of the lower end of the interval of “survey”,", "置信区间的下限"),
        ("upper", "the band of the upper end of the interval of “survey”,", "置信区间的上限"),
    ],
)
def test_a_rule_says_in_words_what_of_a_survey_finds_its_band(
    figure: Literal["value", "lower", "upper"], en: str, zh: str
) -> None:
    rule = Satisfaction(
        code="paid", title=Text(en="Paid"), currency="CNY", metric="survey", figure=figure,
        sample_min=400, bands=(Band(lower="80", pays="50.00"),),
    )  # fmt: skip

    told = sentence(rule, names={}, language="en")
    assert en in told
    assert "at least 400 people answered" in told
    assert zh in sentence(rule, names={}, language="zh")
