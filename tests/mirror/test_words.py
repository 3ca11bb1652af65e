"""A value is exactly its class, or is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.wire import words
from pgx_mirror.wire.refused import Garbage

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=words.TEXT)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@dataclass(frozen=True, slots=True)
class Inner:
    number: int
    here: bool


@dataclass(frozen=True, slots=True)
class Outer:
    text: str
    clock: float
    inner: Inner | None
    pair: tuple[str, int] | None
    many: tuple[str, ...]
    facts: dict[str, str]


_NUMBER = st.integers(-(2**64), 2**64)
_INNER = st.builds(Inner, number=_NUMBER, here=st.booleans())
OUTERS = st.builds(
    Outer,
    text=_TEXT,
    clock=st.floats(allow_nan=False, allow_infinity=False),
    inner=st.none() | _INNER,
    pair=st.none() | st.tuples(_TEXT, _NUMBER),
    many=st.lists(_TEXT, max_size=words.ITEMS).map(tuple),
    facts=st.dictionaries(_TEXT, _TEXT, max_size=words.ITEMS),
)
ONE = Outer("a", 1.5, Inner(1, True), ("b", 2), ("c",), {"d": "e"})


@given(OUTERS)
def test_what_was_written_is_read(value: Outer) -> None:
    assert words.made(Outer, words.unpack(words.pack(words.plain(value)))) == value


@given(st.text(max_size=400), st.lists(st.text(max_size=3), max_size=40))
def test_what_is_too_long_or_odd_is_cut_where_it_is_written(
    text: str, many: list[str]
) -> None:
    """A file name of any bytes, or a long message, does not end the connection."""
    odd = Outer(text + "\udc80", 0.0, None, None, tuple(many), {})

    read = words.made(Outer, words.unpack(words.pack(words.plain(odd))))

    assert len(read.text) <= words.TEXT
    assert len(read.many) <= words.ITEMS


@pytest.mark.parametrize(
    "changes",
    [
        {"text": 1}, {"text": None}, {"text": "x" * 257}, {"text": "\ud800"},
        {"clock": 1}, {"clock": True}, {"clock": "1.5"}, {"clock": float("inf")},
        {"inner": {}}, {"inner": []}, {"inner": {"number": 1}},
        {"inner": {"number": True, "here": True}},
        {"inner": {"number": 1.0, "here": True}},
        {"inner": {"number": 2**65, "here": True}},
        {"inner": {"number": 1, "here": 1}},
        {"pair": ["b"]}, {"pair": ["b", 2, 3]}, {"pair": [2, "b"]}, {"pair": {}},
        {"many": None}, {"many": "abc"}, {"many": ["c"] * 17}, {"many": [None]},
        {"facts": {"d": 1}}, {"facts": {str(n): "" for n in range(17)}}, {"facts": []},
        {"more": 1},
    ],
)  # fmt: skip
def test_what_is_not_exactly_the_class_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Garbage):
        words.made(Outer, words.plain(ONE) | changes)


@pytest.mark.parametrize("name", words.plain(ONE))
def test_a_missing_field_is_refused(name: str) -> None:
    found = words.plain(ONE)
    del found[name]

    with pytest.raises(Garbage):
        words.made(Outer, found)


@given(_JSON)
def test_any_other_json_is_refused(found: object) -> None:
    with pytest.raises(Garbage):
        words.made(Outer, found)


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"[]", b"1", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,"a":2}',
        b"\xff", b'{"a":' + b"[" * 60000, b'{"a":' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(Garbage):
        words.unpack(payload)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(payload: bytes) -> None:
    try:
        words.unpack(payload)
    except Garbage:
        pass
