"""Actions as what a person chooses, item by item.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pgx_wizard.core.parts import basics
from pgx_wizard.core.parts.database import Cmdline
from pgx_wizard.core.parts.file_systems import FileSystems
from pgx_wizard.core.parts.sub_application import Entry, SubApplication
from pgx_wizard.core.screens.plan import Action, Add, Assign, Change, Remove


@dataclass(frozen=True, slots=True)
class Step:
    """One choice or text: in which *menu*, and how deep that is below the main menu."""

    depth: int
    menu: str
    what: str


def choices(depth: int, menu: str, *items: str) -> Iterator[Step]:
    """Yield the choice of each of *items*."""
    return (Step(depth, menu, f"choose {item}") for item in items)


def attribute_steps(key: str, value: str) -> Iterator[Step]:
    """Yield how an attribute of Machines+Basics gets its value."""
    yield from choices(1, basics.LABEL, key)
    if key in basics.FLAG_SETS:
        flags = [word.upper() for word in value.split("|")]
        yield from choices(2, key, *flags, "SAVE+RETURN")
    elif key.endswith("Script") or key == "ScriptTimeout":
        yield Step(2, key, f"type {value}")
    else:
        yield from choices(2, key, value)


def action_steps(part: SubApplication, action: Action) -> Iterator[Step]:
    """Yield how *action* is done on the screen of *part*."""
    match action:
        case Add(entry):
            yield from choices(1, part.label, part.additional)
            yield from _entry(part, entry)
        case Change(key, entry):
            yield from choices(1, part.label, key)
            yield from _flags(entry, FileSystems.preset_flags)
        case Assign(key, value):
            yield from choices(1, part.label, key)
            choice = value in ("yes", "no")
            yield Step(2, key, f"{'choose' if choice else 'type'} {value or 'nothing'}")
        case Remove(extra):
            yield Step(1, part.label, f"choose REMOVE+EXIT (it has {', '.join(extra)})")


def _entry(part: SubApplication, entry: Entry) -> Iterator[Step]:
    if isinstance(part, Cmdline):
        yield from choices(2, part.additional, "FREECHOICE")
        yield Step(2, part.additional, f"type {entry.name}")
        return
    yield from choices(2, part.additional, entry.name)
    if entry.flags is not None:
        yield from _flags(entry, part.preset_flags)


def _flags(entry: Entry, default: frozenset[str]) -> Iterator[Step]:
    """Yield the toggles that lead from *default* to the entry's flags."""
    wanted = entry.flags or frozenset()
    toggles = [f"NOT:{f}" if f in default else f for f in sorted(wanted ^ default)]
    yield from choices(3, entry.name, *toggles, "SAVE+RETURN")
