"""Draw any value that a type lets in: what a request of it may say, and nothing beside."""

from functools import singledispatch
from typing import Any, Final

from hypothesis import strategies as st
from msgspec import inspect

from ecosystem.contracts.rule_parts import Code, Ratio
from ecosystem.values.money import Amount, Currency, Measure
from ecosystem.values.text import Text

_SMALL: Final = ("0", "1", "100")
_COMMON: Final[dict[object, tuple[str, ...]]] = {
    Code: ("alpha", "beta", "floor"),
    Ratio: ("0", "0.5", "1", "0.000000001"),
    Amount: (*_SMALL, "0.01", "0.0001", "9" * 18, f"{'9' * 18}.9999"),
    Measure: (*_SMALL, "-1", "0.000000001", "9" * 18, f"-{'9' * 18}.999999999"),
    Currency: ("CNY", "CNY", "CNY", "JPY", "QQQ"),
}
"""Few values, so that they meet: the same code twice, an edge at a value, the largest of all."""


def _pattern(of: object) -> str | None:
    kind = inspect.type_info(of)
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind.pattern if isinstance(kind, inspect.StrType) else None


_BY_PATTERN: Final = {_pattern(of): values for of, values in _COMMON.items()}


def drawing(of: object) -> st.SearchStrategy[Any]:
    """Return a strategy of JSON that decodes as `of`."""
    return _drawing(inspect.type_info(of))


@singledispatch
def _drawing(of: inspect.Type) -> st.SearchStrategy[Any]:
    raise TypeError(of)


@_drawing.register
def _text(of: inspect.StrType) -> st.SearchStrategy[str]:
    if of.pattern in _BY_PATTERN:
        return st.sampled_from(_BY_PATTERN[of.pattern])
    if of.pattern is not None:
        return st.from_regex(of.pattern)
    return st.text(min_size=of.min_length or 0, max_size=min(of.max_length or 8, 8))


@_drawing.register
def _number(of: inspect.IntType) -> st.SearchStrategy[int]:
    least, most = of.ge or 0, of.le or 2**31
    return st.sampled_from([least, min(least + 1, most), min(least + 2, most), most])


@_drawing.register
def _date(of: inspect.DateType) -> st.SearchStrategy[str]:
    del of
    return st.sampled_from(["0001-01-01", "2026-01-01", "2026-02-01", "9999-12-31"])


@_drawing.register
def _literal(of: inspect.LiteralType) -> st.SearchStrategy[Any]:
    return st.sampled_from(of.values)


@_drawing.register
def _bool(of: inspect.BoolType) -> st.SearchStrategy[bool]:
    del of
    return st.booleans()


@_drawing.register
def _none(of: inspect.NoneType) -> st.SearchStrategy[None]:
    del of
    return st.none()


@_drawing.register
def _several(of: inspect.VarTupleType) -> st.SearchStrategy[Any]:
    least, most = of.min_length or 0, min(of.max_length or 3, 3)
    return st.lists(_drawing(of.item_type), min_size=least, max_size=most)


@_drawing.register
def _mapping(of: inspect.DictType) -> st.SearchStrategy[Any]:
    return st.dictionaries(_drawing(of.key_type), _drawing(of.value_type), max_size=2)


@_drawing.register
def _either(of: inspect.UnionType) -> st.SearchStrategy[Any]:
    return st.one_of([_drawing(one) for one in of.types])


@_drawing.register
def _annotated(of: inspect.Metadata) -> st.SearchStrategy[Any]:
    return _drawing(of.type)


@_drawing.register
def _object(of: inspect.StructType) -> st.SearchStrategy[Any]:
    if of.cls is Text:
        return st.just({"zh": "规则"})
    tag = {} if of.tag_field is None else {of.tag_field: st.just(of.tag)}
    needed = {one.encode_name: _drawing(one.type) for one in of.fields if one.required}
    other = {one.encode_name: _drawing(one.type) for one in of.fields if not one.required}
    return st.fixed_dictionaries({**tag, **needed}, optional=other)
