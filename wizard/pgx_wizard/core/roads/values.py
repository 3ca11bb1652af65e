"""Giving a setting its value, whichever menu hvw asks for it with.  Pure."""

from __future__ import annotations

from collections.abc import Collection

from pgx_wizard.core.parts.basics import FLAG_SETS, same
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.screens.screen import Menu

FREE = "FREECHOICE"


def assign(hand: Hand, key: str, value: str) -> Road[None]:
    """Give *key* of this menu of settings *value*, and see that it is shown."""
    yield from hand.choose(f"{key}=", starts=True)
    if key in FLAG_SETS:
        words = value.split("|") if value not in ("", "No") else []
        yield from set_flags(hand, {word.upper() for word in words}, domain(key))
    else:
        yield from answer(hand, value)
    hand.expect(Menu.SETTINGS)
    yield from _shown(hand, key, value)
    hand.note(f"{key}={value}")


def domain(key: str) -> frozenset[str]:
    """Return the flags of *key* as its menu spells them."""
    return frozenset(word.upper() for word in FLAG_SETS[key])


def _shown(hand: Hand, key: str, value: str) -> Road[None]:
    item = yield from hand.find(f"{key}=", starts=True)
    shown = item.setting[1] if item else ""
    if not same(value, shown, key):
        raise hand.stop(f"{key} is shown as {shown or 'nothing'}, not {value}")


def answer(hand: Hand, value: str) -> Road[None]:
    """Give *value* to the list or the prompt that is drawn."""
    if hand.expect(Menu.CHOICE, Menu.TEXT).menu is Menu.CHOICE:
        offered = (yield from hand.find(value)) if value else None
        if offered is not None:
            yield from hand.enter(offered.number, offered.label)
            return
        yield from hand.choose(FREE)
        hand.expect(Menu.TEXT)
    yield from hand.enter(value, value)


def pick(hand: Hand, name: str, hint: str) -> Road[None]:
    """Choose *name* from the list that is drawn.  Raises Stop where hvw does not offer it."""
    hand.expect(Menu.CHOICE)
    item = yield from hand.find(name)
    if item is None:
        raise hand.stop(f"hvw does not offer {name}", hint=hint)
    yield from hand.enter(item.number, item.label)


def _flag(label: str) -> tuple[str, bool]:
    """Return the flag's name, and whether it is set: then its undoing is offered."""
    name = label.removeprefix("NOT:").partition("(")[0].strip()
    return name, label.startswith("NOT:")


def set_flags(
    hand: Hand, wanted: Collection[str], known: Collection[str]
) -> Road[None]:
    """Toggle the flags of this menu until just *wanted* of the *known* are set; save."""
    hand.expect(Menu.FLAGS)
    yield from toggle(hand, wanted, known)
    yield from hand.choose("SAVE+RETURN")


def toggle(hand: Hand, wanted: Collection[str], known: Collection[str]) -> Road[None]:
    """Toggle the flags of this menu until just *wanted* of the *known* are set."""
    for name in sorted(known):
        state = yield from _state(hand, name)
        if state is not None and state != (name in wanted):
            yield from hand.choose(_label(hand, name))
            hand.expect(Menu.FLAGS)
            state = yield from _state(hand, name)
        if (state or False) != (name in wanted):
            raise hand.stop(
                f"flag {name} cannot be {'set' if name in wanted else 'cleared'}"
            )
    if not wanted and hand.here("NO(N)"):
        yield from hand.choose("NO(N)")
        hand.expect(Menu.FLAGS)


def _state(hand: Hand, name: str) -> Road[bool | None]:
    """Return whether flag *name* is set, None where the menu has no such flag."""
    for prefix in (f"NOT:{name}", name):
        yield from hand.find(prefix, starts=True)
        for item in hand.screen.items:
            if _flag(item.label)[0] == name:
                return _flag(item.label)[1]
    return None


def _label(hand: Hand, name: str) -> str:
    return next(
        item.label for item in hand.screen.items if _flag(item.label)[0] == name
    )
