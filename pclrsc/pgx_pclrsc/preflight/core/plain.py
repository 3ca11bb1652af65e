"""Facts as what JSON has, and back, as strictly as if they were typed.  Pure."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

Made = TypeVar("Made")


def encode(value: Any) -> Any:
    """Return *value* as dictionaries, lists, numbers and strings."""
    if is_dataclass(value) and not isinstance(value, type):
        named = {one.name: encode(getattr(value, one.name)) for one in fields(value)}
        return {"unknown": named} if type(value).__name__ == "Unknown" else named
    if isinstance(value, tuple | list):
        return [encode(one) for one in value]
    return value


def decode(of: type[Made], value: Any, where: str = "facts") -> Made:
    """Return the *of* that *value* tells.  Raises ValueError, with the place in *value*."""
    made: Made = _decode(of, value, where)
    return made


def _decode(of: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(of), typing.get_args(of)
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, value, where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if is_dataclass(of):
        return _made(of, value, where)
    if type(value) is not of:
        raise ValueError(f"{where} is no {of.__name__}")
    return value


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    """Return what is not seen where *value* says so, else the one kind that is none."""
    unseen = isinstance(value, dict) and set(value) == {"unknown"}
    for kind in kinds:
        if (getattr(kind, "__name__", "") == "Unknown") == unseen:
            return _decode(kind, value["unknown"] if unseen else value, where)
    raise ValueError(f"{where} is of no known kind")


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is no list")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise ValueError(f"{where} has {len(value)} parts, not {len(kinds)}")
    pairs = zip(kinds, value, strict=True)
    return tuple(
        _decode(kind, one, f"{where}[{i}]") for i, (kind, one) in enumerate(pairs)
    )


def _made(of: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is no object")
    kinds = _kinds(of)
    if set(kinds) != set(value):
        odd = ", ".join(sorted(map(str, set(kinds) ^ set(value))))
        raise ValueError(f"{where} has other keys than this version's: {odd[:200]}")
    return of(
        **{key: _decode(kinds[key], value[key], f"{where}.{key}") for key in kinds}
    )


@cache
def _kinds(of: Any) -> dict[str, Any]:
    known = typing.get_type_hints(of)
    return {one.name: known[one.name] for one in fields(of)}
