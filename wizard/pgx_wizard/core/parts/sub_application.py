"""What hvw's sub-applications have in common: an item of the turnkey menu and its screen.

Pure.  A sub-application is the class of its model, in a module of its own.  What stands
here follows from the rows of its settings; what is special to one, it says itself.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

from pgx_wizard.core.parts.setting import (
    declared,
    defaults,
    indexed,
    rows,
    setting,
    table,
    without_index,
)

Held = Mapping[str, str]  # the settings of a screen, in its order
Pairs = Sequence[tuple[str, str]]
_INDEX = re.compile(r"\[\d+\]$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One of a repeating list: *name* is chosen; *flags* are set in the menu behind it."""

    name: str
    flags: frozenset[str] | None = None  # None: no menu of flags comes
    settings: tuple[tuple[str, str], ...] = ()  # `Key` without its index, and value


class SubApplication(ABC):
    """What one sub-application is to be.  Its model is a dataclass of rows."""

    __slots__ = ()

    declared_as: ClassVar[
        str
    ]  # its table in the file, and attribute of the application
    example: ClassVar[str] = ""  # of the table, as `init` prints it
    label: ClassVar[str]  # in the turnkey menu
    inferred: ClassVar[bool] = False  # no manual shows its screen
    title: ClassVar[str]  # of its screen
    prefix: ClassVar[str] = ""  # of its object's name
    section: ClassVar[str] = "no section: the screen is not documented"
    additional: ClassVar[str]  # the item that adds an entry
    key: ClassVar[str]  # what hvw lists the entries under
    offered_by: ClassVar[str] = ""  # advice, where hvw does not offer an entry
    menu_flags: ClassVar[frozenset[str]] = frozenset(
        {"AUTORECOVER"}
    )  # of an entry's menu
    preset_flags: ClassVar[frozenset[str]] = frozenset()  # what a new entry has of them
    notes: ClassVar[tuple[str, ...]] = ()  # for a person, before the screen is saved

    @property
    @abstractmethod
    def entries(self) -> tuple[Entry, ...]:
        """What the screen is to list, in order."""

    @abstractmethod
    def objects(self) -> dict[str, tuple[int, int]]:
        """Return, by kind, its resource objects and how many of them one detector serves."""

    @property
    def values(self) -> Pairs:
        """What the screen is to have beside its entries."""
        return tuple(self.typed())

    def typed(self) -> Iterator[tuple[str, str]]:
        """Yield what the file can set and hvw holds, under hvw's keys without an index."""
        for name in _typed(type(self)):
            row = rows(type(self))[name]
            yield without_index(row.hvw), str(getattr(self, name))

    @classmethod
    def defaults(cls) -> Held:
        """Return what the screen shows for settings that nobody has set (A.1.3 to A.1.6)."""
        return {
            without_index(rows(cls)[name].hvw): str(defaults(cls)[name])
            for name in _typed(cls)
            if not cls.inferred
        }

    @classmethod
    def held_name(cls, value: str) -> str:
        """Return the entry's name in the *value* that hvw lists."""
        return value

    @classmethod
    def held_flags(cls, value: str) -> frozenset[str]:
        """Return the flags in the *value* that hvw lists; their order does not matter."""
        return frozenset()

    def listing(self) -> Iterator[tuple[str, str]]:
        """Yield the settings as its screen lists them."""
        for name, row in rows(type(self)).items():
            value = getattr(self, name)
            if row.listed:
                yield from indexed(row.hvw, map(row.shown, value))
            elif row.hvw:
                yield row.hvw, row.shown(value)

    @classmethod
    def read(cls, listed: Pairs) -> Self:
        """Return what *listed*, the settings of its screen, tell.  Raises KeyError, ValueError."""
        held = dict(listed)
        told = {
            name: tuple(map(row.read, listed_values(listed, row.hvw)))
            if row.listed
            else row.read(held[row.hvw])
            for name, row in rows(cls).items()
            if row.hvw
        }
        return cls(**told)

    @property
    def preparation(self) -> tuple[str, ...]:
        """Commands to be run before hvw offers the entries."""
        return ()

    def by_hand(self) -> Iterator[str]:
        """Yield what a person does on its screen where no manual shows it."""
        names = ", ".join(f"`{entry.name}`" for entry in self.entries)
        yield f"Add {names}, with a time-out of {dict(self.values)['Timeout']} s."


def part(model: type[SubApplication]) -> Any:
    """Return an attribute for a sub-application that an application may have."""
    made = partial(declared, model)
    return setting(None, toml=model.declared_as, table=table(model), made=made)


def _typed(model: type) -> list[str]:
    """Return the attributes of *model* that the file can set and hvw holds one of."""
    return [
        name
        for name, row in rows(model).items()
        if row.toml and row.hvw and not row.listed and name in defaults(model)
    ]


def listed_values(listed: Pairs, key: str) -> tuple[str, ...]:
    """Return the values of *key* with an index, in order."""
    return tuple(value for k, value in listed if _INDEX.sub("", k) == key)
