"""The guides are there in Chinese and English, and say the same of the same code."""

from pathlib import Path

import pytest

from tests.docs import chinese
from tests.tidy import HOUSE

_ENGLISH = """# Buy

[中文](buy.zh.md)

Buy it:

<!-- runs -->
```sh
buy   # => bought
```

| word | means |
|---|---|
| buy | pay |
"""
_CHINESE = """# 采购

[English](buy.md)

采购，见[下表](buy.zh.md#采购)：

<!-- runs -->
```sh
buy   # => bought
```

| 词 | 含义 |
|---|---|
| 采购 | 付款 |
"""
_AT = "docs/agency/buy.zh.md"
_GOOD = {"docs/agency/buy.md": _ENGLISH, _AT: _CHINESE}
_SHAPE = chinese.both_languages_have_one_shape
PLANTED = [
    pytest.param(
        chinese.each_guide_has_both_languages,
        {"docs/README.md": "# Pay\n"},
        id="a guide that is not there in Chinese",
    ),
    pytest.param(
        chinese.each_guide_has_both_languages,
        {"docs/agency/pay.zh.md": "# 支付\n"},
        id="a guide that is there in Chinese alone",
    ),
    pytest.param(_SHAPE, {_AT: _CHINESE.replace("buy   #", "buy  #")}, id="code of its own"),
    pytest.param(_SHAPE, {_AT: _CHINESE.replace("<!-- runs -->\n", "")}, id="a mark left out"),
    pytest.param(_SHAPE, {_AT: _CHINESE + "\n```sh\nmore\n```\n"}, id="a block too many"),
    pytest.param(_SHAPE, {_AT: _CHINESE.replace("# 采购\n", "## 采购\n")}, id="another level"),
    pytest.param(_SHAPE, {_AT: _CHINESE + "| 多 | 一行 |\n"}, id="a line of a table too many"),
    pytest.param(
        chinese.both_languages_lead_to_each_other,
        {_AT: _CHINESE.replace("[English](buy.md)", "")},
        id="no way to English",
    ),
    pytest.param(
        chinese.both_languages_lead_to_each_other,
        {"docs/agency/buy.md": _ENGLISH.replace("[中文](buy.zh.md)", "")},
        id="no way to Chinese",
    ),
    pytest.param(
        chinese.chinese_leads_to_chinese,
        {"docs/vendor/sell.zh.md": "见[采购](../agency/buy.md)。\n", "docs/vendor/sell.md": ""},
        id="a link that leaves Chinese",
    ),
    pytest.param(
        chinese.chinese_leads_to_chinese,
        {_AT: _CHINESE.replace("#采购", "#销售")},
        id="a link to a heading that is not there",
    ),
    pytest.param(
        chinese.chinese_is_punctuated_as_chinese,
        {_AT: _CHINESE.replace("采购，见", "采购, 见")},
        id="a comma of half width",
    ),
]


def _write(root: Path, files: dict[str, str]) -> None:
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("check", chinese.CHECKS)
def test_the_guides_are_one_in_both_languages(check: chinese.Check) -> None:
    assert list(check(HOUSE)) == []


@pytest.mark.parametrize("check", chinese.CHECKS)
def test_the_check_passes_sound_guides(check: chinese.Check, tmp_path: Path) -> None:
    _write(tmp_path, _GOOD)

    assert list(check(tmp_path)) == []


@pytest.mark.parametrize(("check", "files"), PLANTED)
def test_the_check_finds_a_planted_violation(
    check: chinese.Check, files: dict[str, str], tmp_path: Path
) -> None:
    _write(tmp_path, _GOOD | files)

    assert len(list(check(tmp_path))) == 1


def test_every_check_has_a_planted_violation() -> None:
    assert {parameters.values[0] for parameters in PLANTED} == set(chinese.CHECKS)


def test_code_that_has_changed_in_english_is_copied(tmp_path: Path) -> None:
    _write(tmp_path, _GOOD | {"docs/agency/buy.md": _ENGLISH.replace("bought", "yours")})

    told = list(chinese.copy_code(tmp_path))

    assert told == [f"{_AT} has the code of the English one now."]
    assert (tmp_path / _AT).read_text() == _CHINESE.replace("bought", "yours")


def test_code_is_not_copied_where_a_block_is_missing(tmp_path: Path) -> None:
    _write(tmp_path, _GOOD | {"docs/agency/buy.md": _ENGLISH + "\n```sh\nmore\n```\n"})

    told = list(chinese.copy_code(tmp_path))

    assert told == [f"{_AT} has not as many blocks as the English one."]
    assert (tmp_path / _AT).read_text() == _CHINESE
