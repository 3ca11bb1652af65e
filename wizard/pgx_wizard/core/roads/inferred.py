"""CommandLines: a screen that no manual shows, typed with --type-inferred alone.

Pure.  Known are the way in (AdditionalStartCommand, FREECHOICE, the full path with its
arguments: Installation and Administration Guide 4.5, 6.7.3), that stop command, check
command and flags come after it, and the flags' names.  That hvw lists them as it lists
the other resources is inferred: what is drawn otherwise is a reason to stop.
"""

from __future__ import annotations

from pgx_wizard.core.parts.basics import same
from pgx_wizard.core.parts.database import CMDLINE_FLAGS, Cmdline, Database
from pgx_wizard.core.parts.sub_application import Held
from pgx_wizard.core.roads.entering import SAVE, leave_unchanged, open_part
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.roads.values import answer, assign, toggle
from pgx_wizard.core.screens.plan import Plan
from pgx_wizard.core.screens.screen import Menu

TIMEOUT = "TIMEOUT"


def enter_commands(hand: Hand, part: Cmdline, application: str) -> Road[Plan]:
    """Make the database's entry of CommandLines what *part* wants; others stay as they are."""
    (entry,) = part.entries
    held = yield from open_part(hand, part, application)
    before = len(hand.typed)
    at = _place(part, entry.name, held)
    if at is None:
        yield from hand.choose(part.additional)
        yield from answer(hand, entry.name)
        hand.expect(Menu.SETTINGS)
        held = yield from hand.settings()
        at = _place(part, entry.name, held)
        if at is None:
            raise hand.stop(f"hvw did not take {entry.name}")
    commands = ((part.key, entry.name), *entry.settings)
    for key, value in commands:
        if key != TIMEOUT and not same(value, held.get(f"{key}[{at}]", "")):
            yield from assign(hand, f"{key}[{at}]", value)
    changed = len(hand.typed) > before
    timeout = dict(entry.settings)[TIMEOUT]
    changed |= yield from _flags(hand, at, entry.flags or frozenset(), timeout)
    if not changed:
        yield from leave_unchanged(hand)
        return Plan(())
    yield from hand.choose(SAVE)
    hand.expect(Menu.TURNKEY)
    yield from _read_back(hand, part, application, at, commands)
    hand.note(f"{entry.name} set")
    return Plan(())


def _place(part: Cmdline, command: str, held: Held) -> int | None:
    """Return the index of the entry that runs *command*, from whichever directory."""
    found = [
        int(key[:-1].rpartition("[")[2])
        for key, value in held.items()
        if key.startswith(f"{part.key}[") and _same_script(value, command)
    ]
    return found[0] if found else None


def _same_script(one: str, other: str) -> bool:
    return one.rpartition("/")[2] == other.rpartition("/")[2]


def others(model: type[Database], database: Database, held: Held) -> list[str]:
    """Return what *held*, the screen of *model*, lists besides *database*."""
    start = Cmdline(database.resource).command("pgx_online")
    return [
        value
        for name, value in held.items()
        if name.startswith(f"{model.key}[")
        and value != database.resource
        and not _same_script(value, start)
    ]


def _flags(hand: Hand, at: int, wanted: frozenset[str], timeout: str) -> Road[bool]:
    """Set the flags and the time; whether anything had to be."""
    yield from hand.choose(f"Flags[{at}]=", starts=True)
    hand.expect(Menu.FLAGS)
    before = len(hand.typed)
    yield from toggle(hand, wanted, frozenset(CMDLINE_FLAGS))
    item = yield from hand.find(TIMEOUT, starts=True)
    if item is None:
        raise hand.stop(
            "no item TIMEOUT", hint="Set the flags by hand, and run this again."
        )
    if item.setting[1] != timeout:
        yield from hand.enter(item.number, item.label)
        yield from answer(hand, timeout)
        hand.expect(Menu.FLAGS)
    changed = len(hand.typed) > before
    yield from hand.choose("SAVE+RETURN")
    hand.expect(Menu.SETTINGS)
    return changed


def _read_back(
    hand: Hand,
    part: Cmdline,
    application: str,
    at: int,
    commands: tuple[tuple[str, str], ...],
) -> Road[None]:
    again = yield from open_part(hand, part, application)
    for key, value in commands:
        if key != TIMEOUT and again.get(f"{key}[{at}]") != value:
            raise hand.stop(f"{key}[{at}] is not what was saved")
    yield from leave_unchanged(hand)
