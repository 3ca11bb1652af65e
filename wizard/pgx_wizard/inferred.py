"""CommandLines: a screen that no manual shows, typed with --type-inferred alone.

Pure.  Known are the way in (AdditionalStartCommand, FREECHOICE, the full path with its
arguments: Installation and Administration Guide 4.5, 6.7.3), that stop command, check
command and flags come after it, and the flags' names.  That hvw lists them as it lists
the other resources is inferred: what is drawn otherwise is a reason to stop.
"""

from __future__ import annotations

from pgx_wizard.entering import SAVE, leave_unchanged, open_part
from pgx_wizard.hand import Hand, Road
from pgx_wizard.parts import Part, Plan, same
from pgx_wizard.screen import Kind
from pgx_wizard.values import answer, assign, toggle
from pgx_wizard.vocabulary import CMDLINE_FLAGS

TIMEOUT = "TIMEOUT"


def enter_commands(hand: Hand, part: Part, application: str) -> Road[Plan]:
    """Make CommandLines what *part* wants."""
    (entry,) = part.entries
    held = yield from open_part(hand, part, application)
    before = len(hand.typed)
    if f"{part.key}[0]" not in held:
        yield from hand.choose(part.additional)
        yield from answer(hand, entry.name)
        hand.expect(Kind.SETTINGS)
        held = yield from hand.settings()
    commands = ((part.key, entry.name), *entry.settings)
    for key, value in commands:
        if key != TIMEOUT and not same(value, held.get(f"{key}[0]", "")):
            yield from assign(hand, f"{key}[0]", value)
    changed = len(hand.typed) > before
    changed |= yield from _flags(
        hand, entry.flags or frozenset(), dict(entry.settings)[TIMEOUT]
    )
    if not changed:
        yield from leave_unchanged(hand)
        return Plan(())
    yield from hand.choose(SAVE)
    hand.expect(Kind.TURNKEY)
    yield from _read_back(hand, part, application, commands)
    hand.note(f"{entry.name} set")
    return Plan(())


def _flags(hand: Hand, wanted: frozenset[str], timeout: str) -> Road[bool]:
    """Set the flags and the time; whether anything had to be."""
    yield from hand.choose("Flags[0]=", starts=True)
    hand.expect(Kind.FLAGS)
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
        hand.expect(Kind.FLAGS)
    changed = len(hand.typed) > before
    yield from hand.choose("SAVE+RETURN")
    hand.expect(Kind.SETTINGS)
    return changed


def _read_back(
    hand: Hand, part: Part, application: str, commands: tuple[tuple[str, str], ...]
) -> Road[None]:
    again = yield from open_part(hand, part, application)
    for key, value in commands:
        if key != TIMEOUT and again.get(f"{key}[0]") != value:
            raise hand.stop(f"{key}[0] is not what was saved")
    yield from leave_unchanged(hand)
