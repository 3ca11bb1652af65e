"""What pgx_base.light.dataclasses makes is what dataclasses makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_base.light import dataclasses as frozen

NAMES = ("a", "b", "c")
VALUES = st.none() | st.integers(0, 2) | st.text("x", max_size=1) | st.just((1,))
DEFAULTS = st.lists(VALUES, max_size=3)
GIVEN = st.lists(VALUES, max_size=4)
NAMED = st.dictionaries(st.sampled_from((*NAMES, "d")), VALUES, max_size=3)
Make = Callable[..., Callable[[type], type]]


def _pair(defaults: list[Any], *, kw_only: bool) -> tuple[type, type]:
    return _class(dataclasses.dataclass, defaults, kw_only), _class(
        frozen.dataclass, defaults, kw_only
    )


def _class(make: Make, defaults: list[Any], kw_only: bool) -> type:
    """Return a class whose last fields have *defaults*."""
    late = dict(zip(reversed(NAMES), defaults, strict=False))
    body = {
        "__annotations__": dict.fromkeys(NAMES, "Any"),
        "__qualname__": "Made",
        "both": property(lambda self: (self.a, self.b)),
    }
    made = type("Made", (), body | late)
    return make(frozen=True, slots=True, kw_only=kw_only)(made)


def _built(of: type, given_: list[Any], named: dict[str, Any]) -> Any:
    try:
        return of(*given_, **named)
    except TypeError:
        return None


@given(DEFAULTS, st.booleans(), GIVEN, NAMED)
def test_it_takes_the_same_arguments_and_looks_the_same(
    defaults: list[Any], kw_only: bool, given_: list[Any], named: dict[str, Any]
) -> None:
    theirs, ours = (
        _built(of, given_, named) for of in _pair(defaults, kw_only=kw_only)
    )

    assert repr(ours) == repr(theirs)
    if ours is not None:
        assert hash(ours) == hash(theirs)
        assert ours.both == theirs.both
        assert type(ours).__match_args__ == type(theirs).__match_args__


@given(VALUES, VALUES, VALUES, VALUES)
def test_values_are_equal_when_all_their_fields_are(
    a: Any, b: Any, c: Any, d: Any
) -> None:
    for of in _pair([], kw_only=False):
        assert (of(a, b, 1) == of(c, d, 1)) is ((a, b) == (c, d))


def test_values_of_different_classes_are_never_equal() -> None:
    one, other = (_class(frozen.dataclass, [], kw_only=False) for _ in range(2))

    assert one(1, 2, 3) != other(1, 2, 3)


@given(NAMED)
def test_a_copy_is_changed_where_it_was_asked_for(changes: dict[str, Any]) -> None:
    theirs, ours = _pair([], kw_only=False)
    try:
        wanted = repr(dataclasses.replace(theirs(1, 2, 3), **changes))
    except TypeError:
        with pytest.raises(TypeError):
            frozen.replace(ours(1, 2, 3), **changes)
    else:
        assert repr(frozen.replace(ours(1, 2, 3), **changes)) == wanted


@pytest.mark.parametrize("name", ["a", "d"])
def test_nothing_can_be_changed_or_added(name: str) -> None:
    value = _class(frozen.dataclass, [], kw_only=False)(1, 2, 3)

    with pytest.raises(AttributeError):
        setattr(value, name, 4)
    with pytest.raises(AttributeError):
        delattr(value, name)
    assert not hasattr(value, "__dict__")


def test_no_other_kind_is_made() -> None:
    with pytest.raises(TypeError):
        frozen.dataclass(frozen=False, slots=True)


def test_fields_are_told_with_what_has_no_default() -> None:
    of = _class(frozen.dataclass, [None], kw_only=True)

    assert frozen.names(of) == NAMES
    assert frozen.required(of) == ("a", "b")
