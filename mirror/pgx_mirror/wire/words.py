"""Values as payloads: one JSON object each, read strictly.

What is not exactly what the value's class says (a field more or less, another type, a text
or a list longer than its bound) is Garbage: nothing is guessed and nothing left out.  What
is written is cut to the same bounds, so that an odd file name of ours cannot end a
connection.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, cast, get_args, get_origin, get_type_hints

from pgx_mirror.wire.refused import Garbage

TEXT = 256  # characters of a text
ITEMS = 16  # items of a list or a mapping
_LARGEST = 1 << 64
_T = TypeVar("_T")


def pack(value: dict[str, Any]) -> bytes:
    """Return *value* as one JSON object."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(payload: bytes) -> dict[str, Any]:
    """Return the JSON object in *payload*.  Raises Garbage."""
    try:
        found = json.loads(
            payload.decode(), object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as ex:
        raise Garbage("a payload that is not JSON") from ex
    if not isinstance(found, dict):
        raise Garbage("a payload that is not an object")
    return found


def plain(value: object, longest: int = TEXT) -> Any:
    """Return *value*, a dataclass or what one is made of, as JSON has it."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name), longest) for f in fields(value)}
    if isinstance(value, str):
        if value.isascii():
            return value[:longest]
        return value.encode("utf-8", "backslashreplace").decode()[:longest]
    if isinstance(value, tuple):
        return [plain(item, longest) for item in value[:ITEMS]]
    if isinstance(value, dict):
        items = list(value.items())[:ITEMS]
        return {plain(k, longest): plain(v, longest) for k, v in items}
    return value


def made(kind: type[_T], found: object, longest: int = TEXT) -> _T:
    """Return the *kind*, a dataclass, that *found* is the JSON of.  Raises Garbage."""
    hints = _hints(cast(Hashable, kind))
    if not isinstance(found, dict) or found.keys() != hints.keys():
        raise Garbage(f"the fields are not those of a {kind.__name__}")
    values = {
        name: _value(hint, found[name], name, longest) for name, hint in hints.items()
    }
    return kind(**values)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _shape(hint: Hashable) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(hint), get_args(hint)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"not a number: {text}")


def _value(hint: Any, found: object, name: str, longest: int) -> Any:
    """Return *found* as *hint* says.  Raises Garbage, which names the field."""
    origin, inner = _shape(hint)
    if origin is UnionType and NoneType in inner:
        other = next(kind for kind in inner if kind is not NoneType)
        return None if found is None else _value(other, found, name, longest)
    if origin is tuple and isinstance(found, list):
        return _items(inner, found, name, longest)
    if origin is dict and isinstance(found, dict) and len(found) <= ITEMS:
        key, value = inner
        return {
            _value(key, k, name, longest): _value(value, v, name, longest)
            for k, v in found.items()
        }
    if is_dataclass(hint) and isinstance(hint, type):
        return made(hint, found, longest)
    if type(found) is hint and _sound(found, longest):
        return found
    raise Garbage(f'field "{name}" is not what it must be')


def _items(
    inner: tuple[Any, ...], found: list[object], name: str, longest: int
) -> tuple[Any, ...]:
    kinds = (inner[0],) * len(found) if inner[-1] is ... else inner
    if len(found) > ITEMS or len(found) != len(kinds):
        raise Garbage(f'field "{name}" has another number of items')
    return tuple(
        _value(kind, item, name, longest)
        for kind, item in zip(kinds, found, strict=True)
    )


def _sound(found: object, longest: int) -> bool:
    match found:
        case bool():
            return True
        case int():
            return abs(found) <= _LARGEST
        case float():
            return math.isfinite(found)
        case str():
            return len(found) <= longest and (
                found.isascii()
                or not any("\ud800" <= letter <= "\udfff" for letter in found)
            )
        case _:
            return False
