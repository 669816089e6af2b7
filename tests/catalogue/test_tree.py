"""The tree of jurisdictions: the one that is shipped, and what is wrong with others."""

import re
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ecosystem.catalogue import tree
from ecosystem.catalogue.tree import TreeFlawed

SHIPPED = (files("ecosystem.catalogue") / "files" / "jurisdictions.yaml").read_bytes()


def test_the_shipped_tree_has_the_nation_its_provinces_and_all_its_prefectures() -> None:
    places = tree.read(SHIPPED).places

    depths = Counter(place.path.count("/") - 1 for place in places)
    assert [depths[depth] for depth in (1, 2, 3)] == [1, 34, 333]
    assert len({place.code for place in places}) == len(places)


def test_each_code_of_the_shipped_tree_has_six_digits_and_begins_as_its_parent() -> None:
    for place in tree.read(SHIPPED).places[1:]:
        assert re.fullmatch("[1-8][0-9]{5}", place.code)
        assert place.parent_code is not None
        above = "" if place.parent_code == "CN" else place.parent_code.rstrip("0")
        assert place.code.startswith(above)
        assert place.code.endswith("0000") is (place.parent_code == "CN")


def test_each_place_of_the_shipped_tree_has_a_name_in_chinese_and_in_english() -> None:
    for place in tree.read(SHIPPED).places:
        assert isinstance(place.name.zh, str)
        assert re.fullmatch("[\u4e00-\u9fff]+", place.name.zh)
        assert place.name.en is not UNSET
        assert re.fullmatch("[A-Z][A-Za-zü' ]+", str(place.name.en))


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("610000", "陕西省", "Shaanxi"),
        ("140000", "山西省", "Shanxi"),
        ("350200", "厦门市", "Xiamen"),
        ("220100", "长春市", "Changchun"),
        ("341500", "六安市", "Lu'an"),
        ("340300", "蚌埠市", "Bengbu"),
        ("341600", "亳州市", "Bozhou"),
        ("411100", "漯河市", "Luohe"),
        ("331000", "台州市", "Taizhou"),
        ("150100", "呼和浩特市", "Hohhot"),
        ("230100", "哈尔滨市", "Harbin"),
        ("540100", "拉萨市", "Lhasa"),
        ("650100", "乌鲁木齐市", "Urumqi"),
        ("610100", "西安市", "Xi'an"),
        ("532800", "西双版纳傣族自治州", "Xishuangbanna Dai Autonomous Prefecture"),
    ],
)
def test_a_place_whose_signs_are_read_in_several_ways_has_its_own_name(
    code: str, zh: str, en: str
) -> None:
    (place,) = [one for one in tree.read(SHIPPED).places if one.code == code]

    assert (place.name.zh, place.name.en) == (zh, en)


def test_every_flaw_of_a_file_is_named_by_its_line() -> None:
    content = b"""\
- code: FR
  name: {en: France}
  within:
    - {code: "FR 1", name: {en: Somewhere}}
    - {code: FR75, name: Paris}
    - {code: FR, name: {en: France}}
    - {code: FR13, name: {en: Marseille}, mayor: unknown}
    - just text
  extra: 1
- {code: DE, name: {en: Germany}, within: 7}
"""

    with pytest.raises(TreeFlawed) as flawed:
        tree.read(content)
    assert [flaw.line for flaw in flawed.value.flaws] == [1, 10]


def test_flaws_of_places_within_are_named_too() -> None:
    content = b"""\
- code: FR
  name: {en: France}
  within:
    - {code: "FR 1", name: {en: Somewhere}}
    - {code: FR75, name: Paris}
    - {code: FR, name: {en: France}}
    - {code: FR13, name: {en: Marseille}, mayor: unknown}
    - just text
    - {code: FR14, name: {en: Caen}, within: 7}
"""

    with pytest.raises(TreeFlawed) as flawed:
        tree.read(content)
    assert [flaw.line for flaw in flawed.value.flaws] == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    "content", [b"", b"a: [", b"&a [*a]", b"7", b"\xff\xfe\x00", b"- [", b"{}"]
)
def test_what_is_no_tree_is_refused(content: bytes) -> None:
    with pytest.raises(TreeFlawed):
        tree.read(content)


@given(st.binary(max_size=60))
def test_whatever_a_file_says_it_is_a_tree_or_named_as_flawed(content: bytes) -> None:
    try:
        places, lines = tree.read(content).places, [1]
    except TreeFlawed as flawed:
        places, lines = [], [flaw.line for flaw in flawed.flaws]

    assert all(line >= 1 for line in lines)
    assert all(place.path.endswith(f"/{place.code}/") for place in places)


def test_a_place_that_is_known_elsewhere_is_not_moved() -> None:
    read = tree.read(b"- {code: '440300', name: {en: Shenzhen}}")

    (flaw,) = tree.moved(read, parents={"440300": "440000"})

    assert flaw.line == 1
    assert not list(tree.moved(read, parents={"440300": None}))
