"""One row per setting: its key in the application file, its kind, hvw's word, its default.

Pure.  The attributes of a model are declared with `setting`, so that nothing about one
stands twice: what the file may say, and what hvw's screen lists, follow from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, TypeVar

from pgx_wizard.core.parts import kinds

T = TypeVar("T")


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row: a value of a *kind*, a *table*, or a list of *tables*.

    Keys that RMS has are spelled as RMS spells them; ours are in lower case.
    """

    toml: str = ""  # key in the file; empty: not in the file
    kind: kinds.Kind = kinds.line
    required: bool = False
    hint: str = ""  # where it is required, and missing
    unique: bool = False  # no two tables of the list have the same
    table: Table | None = None
    variants: Mapping[str, Table] | None = None  # of *table*, by its key `kind`
    tables: Table | None = None
    made: Callable[[Any], Any] = _as_it_is  # what the model holds for a sound value
    hvw: str = ""  # key on hvw's screen; empty: hvw does not hold it
    listed: bool = False  # hvw lists several of it, each with an index
    shown: Callable[[Any], str] = str  # a value as hvw prints it
    read: Callable[[str], Any] = str  # and back

    def table_for(self, value: object) -> Table | None:
        """Return the table that *value* is held to: the one of its kind, if that is known."""
        if self.variants is None or not isinstance(value, Mapping):
            return self.table
        kind = value.get("kind")
        return (
            self.variants.get(kind, self.table) if isinstance(kind, str) else self.table
        )


Table = Mapping[str, Setting]


def setting(default: Any = MISSING, **row: Any) -> Any:
    """Return an attribute of a dataclass with its *default*, described by a row.

    A *default* that is a function makes the value.
    """
    described = {"row": Setting(**row)}
    if callable(default):
        return field(default_factory=default, metadata=described)
    return field(default=default, metadata=described)


def seconds(default: int, toml: str, hvw: str = "") -> Any:
    """Return an attribute that is a time: *hvw* has the key of the file, or another one."""
    return setting(default, toml=toml, kind=kinds.seconds, hvw=hvw or toml, read=int)


@cache
def rows(model: type) -> dict[str, Setting]:
    """Return the rows of *model*, by attribute."""
    return {one.name: one.metadata["row"] for one in fields(model) if one.metadata}


@cache
def defaults(model: type) -> dict[str, Any]:
    """Return the defaults of *model*, by attribute."""
    return {
        one.name: one.default for one in fields(model) if one.default is not MISSING
    }


def table(model: type) -> Table:
    """Return the table of the file that declares *model*: lists of tables stand last."""
    named = [row for row in rows(model).values() if row.toml]
    named.sort(key=lambda row: row.tables is not None)
    return {row.toml: row for row in named}


def declared(model: type[T], values: Mapping[str, Any]) -> T:
    """Return the *model* that sound *values* of its table declare."""
    given = {
        name: row.made(values[row.toml])
        for name, row in rows(model).items()  # type: ignore[arg-type]  # a class is hashable
        if row.toml in values
    }
    return model(**given)


def several(model: type[T]) -> Callable[[Iterable[Mapping[str, Any]]], tuple[T, ...]]:
    """Return what makes the *model* of each table of a list."""
    return lambda given: tuple(declared(model, values) for values in given)


def indexed(key: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield `Key[0]`, `Key[1]` and so on with *values*."""
    return ((f"{key}[{n}]", value) for n, value in enumerate(values))


def without_index(key: str) -> str:
    """Return `Key` of `Key[0]`."""
    return key.partition("[")[0]
