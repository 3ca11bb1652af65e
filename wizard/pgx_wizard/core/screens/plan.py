"""What an application wants of each of hvw's screens, and what is to be done there.

Pure.  The same actions are typed by `apply`, shown by its dry run and written down by
`steps`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pgx_wizard.core.application import Application
from pgx_wizard.core.parts.basics import DECLARED, same
from pgx_wizard.core.parts.sub_application import Entry, Held, SubApplication


@dataclass(frozen=True, slots=True)
class Add:
    """Choose the part's additional item, then *entry*."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Change:
    """Choose the setting *key*, which is there, and give it the flags of *entry*."""

    key: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the setting *key* the value *value*."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the sub-application with REMOVE+EXIT, and begin it anew."""

    extra: tuple[str, ...]


Action = Add | Change | Assign | Remove


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done on one screen, and what is left there that nobody asked for."""

    actions: tuple[Action, ...]
    extra: tuple[str, ...] = field(default=())
    order: tuple[str, ...] = field(default=())  # the entries as the screen lists them


def held_entries(part: SubApplication, held: Held) -> dict[str, tuple[str, str]]:
    """Return, by name, key and value of each entry in *held*."""
    return {
        part.held_name(value): (key, value)
        for key, value in held.items()
        if "[" in key and part.key in ("", key.partition("[")[0])
    }


def plan(part: SubApplication, held: Held, *, prune: bool = False) -> Plan:
    """Return what makes the screen that lists *held* what *part* wants."""
    there = held_entries(part, held)
    wanted = {entry.name for entry in part.entries}
    extra = tuple(name for name in there if name not in wanted)
    if extra and prune:
        # Of removing one entry no manual shows how: REMOVE+EXIT is on every screen.
        return Plan((Remove(extra), *plan(part, part.defaults()).actions))
    return Plan(
        (*_entry_actions(part, there, held), *_assignments(part.values, held)),
        extra,
        tuple(there),
    )


def _entry_actions(
    part: SubApplication, there: Mapping[str, tuple[str, str]], held: Held
) -> Iterator[Action]:
    added = 0
    for entry in part.entries:
        if entry.name not in there:
            yield Add(entry)
            defaults = part.defaults()
            yield from _settings(entry, len(there) + added, defaults)
            added += 1
        else:
            key, value = there[entry.name]
            if entry.flags is not None and part.held_flags(value) != entry.flags:
                yield Change(key, entry)
            yield from _settings(entry, int(key[:-1].rpartition("[")[2]), held)


def _settings(entry: Entry, index: int, held: Held) -> Iterator[Action]:
    for key, value in entry.settings:
        name = f"{key}[{index}]"
        if not same(value, held.get(name, held.get(key, ""))):
            yield Assign(name, value)


def _assignments(values: Iterable[tuple[str, str]], held: Held) -> Iterator[Action]:
    return (
        Assign(key, value)
        for key, value in values
        if not same(value, held.get(key, value))
    )


def machines(held: Held) -> tuple[str, ...]:
    """Return the machines that Machines+Basics lists, in order."""
    return tuple(value for key, value in held.items() if key.startswith("Machines["))


def differing(app: Application, held: Held) -> Iterator[tuple[str, str]]:
    """Yield the attributes that Machines+Basics has otherwise than *app* declares."""
    for key in DECLARED:
        wanted = app.basics[key]
        if not same(wanted, held.get(key, ""), key):
            yield key, wanted
