"""Frozen, slotted dataclasses that cost a switch next to nothing.

`dataclasses` loads inspect, tokenize and ast, and compiles five functions for each class:
about a third of the time that pgx_online and pgx_offline take to load.  This does the same
for the one kind that we use, and no other.  Type checkers see `dataclasses` itself, and
tests/property compares the two.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
    from typing import Any

    Values = dict[str, Any]
else:

    def dataclass(
        *, frozen: bool, slots: bool, kw_only: bool = False
    ) -> Callable[[type], type]:
        """Make a class whose annotations are its fields; *frozen* and *slots* must be true."""
        if not (frozen and slots):
            raise TypeError("only frozen, slotted classes are made here")
        return lambda of: _made(of, kw_only)

    def replace(value: Any, /, **changes: Any) -> Any:
        """Return a copy of *value* with *changes*.  Raises TypeError for an unknown field."""
        return type(value)(**{**_values(value), **changes})


_DEFAULTS: dict[type, Values] = {}


def names(of: type) -> tuple[str, ...]:
    """Return the names of the fields of a class made here, in order."""
    return tuple(of.__dict__["__slots__"])


def required(of: type) -> tuple[str, ...]:
    """Return the names of the fields that have no default."""
    return tuple(name for name in names(of) if name not in _DEFAULTS[of])


def _made(of: type, kw_only: bool) -> type:
    fields = tuple(of.__annotations__)
    body = {key: of.__dict__[key] for key in of.__dict__ if key not in fields}
    for key in ("__dict__", "__weakref__"):
        body.pop(key, None)
    methods = {"__eq__": _eq, "__hash__": _hash, "__repr__": _repr, "__init__": _init}
    made = type(of)(
        of.__name__,
        of.__bases__,
        {"__setattr__": _refuse, "__delattr__": _refuse}
        | methods
        | body
        | {"__slots__": fields, "__match_args__": () if kw_only else fields},
    )
    _DEFAULTS[made] = {key: of.__dict__[key] for key in fields if key in of.__dict__}
    return made


def _init(self: Any, *given: Any, **named: Any) -> None:
    of = type(self)
    values = _DEFAULTS[of] | dict(zip(of.__match_args__, given, strict=False)) | named
    fields = of.__slots__
    twice = named.keys() & set(of.__match_args__[: len(given)])
    if len(given) > len(of.__match_args__) or twice or values.keys() != set(fields):
        raise TypeError(f"{of.__name__} has {', '.join(fields)}, not {given} {named}")
    for name in fields:
        object.__setattr__(self, name, values[name])


def _values(self: Any) -> Values:
    return {name: getattr(self, name) for name in type(self).__slots__}


def _key(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in type(self).__slots__])


def _eq(self: Any, other: object) -> Any:
    return _key(self) == _key(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_key(self))


def _repr(self: Any) -> str:
    shown = (f"{name}={value!r}" for name, value in _values(self).items())
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")
