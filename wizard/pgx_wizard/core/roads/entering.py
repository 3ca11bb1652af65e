"""One sub-application's screen: open it, do what its plan says, save it, read it back.  Pure."""

from __future__ import annotations

from pgx_wizard.core.parts.sub_application import Entry, Held, SubApplication
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.roads.values import assign, pick, set_flags
from pgx_wizard.core.screens.plan import (
    Action,
    Add,
    Assign,
    Change,
    Plan,
    Remove,
    plan,
)
from pgx_wizard.core.screens.screen import Menu

SAVE, NO_SAVE, REMOVE = "SAVE+EXIT", "NO-SAVE+EXIT", "REMOVE+EXIT"


def configured(hand: Hand, label: str) -> Road[str]:
    """Return what stands behind turnkey item *label*: a name, or `-`.  Raises Stop without it."""
    hand.expect(Menu.TURNKEY)
    item = yield from hand.find(f"{label}(", starts=True)
    if item is None:
        raise hand.stop(
            f"no item {label}", detail=f"It offers {', '.join(hand.screen.labels)}."
        )
    return item.label[len(label) + 1 :].removesuffix(")")


def open_part(
    hand: Hand, part: SubApplication, application: str
) -> Road[dict[str, str]]:
    """Open the screen of *part*, and return what it lists."""
    yield from hand.choose(f"{part.label}(", starts=True)
    screen = hand.expect(Menu.SETTINGS)
    name = f"{part.prefix}_{application}"
    if not part.inferred and (screen.title, screen.object) != (part.title, name):
        raise hand.stop(f"not the screen {part.title} of {name}")
    return (yield from hand.settings())


def leave_unchanged(hand: Hand) -> Road[None]:
    """Go back to the turnkey menu with nothing changed.

    By SAVE+EXIT, of which the manual shows where it leads; what NO-SAVE+EXIT does on the
    screen of a sub-application it shows nowhere.
    """
    way = yield from hand.find(SAVE)
    yield from hand.choose(SAVE if way else NO_SAVE)
    hand.expect(Menu.TURNKEY)


def leave_unsaved(hand: Hand) -> Road[None]:
    """Go back to the turnkey menu, saving nothing where that is offered (inferred)."""
    way = yield from hand.find(NO_SAVE)
    yield from hand.choose(NO_SAVE if way else SAVE)
    hand.expect(Menu.TURNKEY)


def enter_part(
    hand: Hand, part: SubApplication, application: str, *, prune: bool
) -> Road[Plan]:
    """Make the screen of *part* what it wants; return what was done, and left there."""
    held = yield from open_part(hand, part, application)
    first = plan(part, held, prune=prune)
    if not first.actions:
        yield from leave_unchanged(hand)
        return first
    rest = first
    for _ in range(3):  # what an addition brings with it is seen once it is there
        for action in rest.actions:
            yield from _do(hand, part, action, application)
        held = yield from hand.settings()
        rest = plan(part, held)
        if not rest.actions:
            break
    _settled(hand, rest)
    yield from hand.choose(SAVE)
    hand.expect(Menu.TURNKEY)
    yield from _read_back(hand, part, application, held)
    return Plan(first.actions, rest.extra, rest.order)


def _settled(hand: Hand, rest: Plan) -> None:
    if rest.actions:
        left = ", ".join(describe(action) for action in rest.actions)
        raise hand.stop("hvw did not take everything", detail=f"Missing: {left}.")


def _read_back(
    hand: Hand, part: SubApplication, application: str, saved: Held
) -> Road[None]:
    """See that the screen, opened again, lists what was *saved*."""
    again = yield from open_part(hand, part, application)
    if again != saved:
        differing = [
            key for key in {**saved, **again} if saved.get(key) != again.get(key)
        ]
        detail = f"Other than before: {', '.join(differing)}."
        raise hand.stop("what was saved is not what is shown", detail=detail)
    yield from leave_unchanged(hand)
    if (yield from configured(hand, part.label)) == "-":
        raise hand.stop(f"{part.label} is not configured after SAVE+EXIT")


def _do(
    hand: Hand, part: SubApplication, action: Action, application: str
) -> Road[None]:
    match action:
        case Add(entry):
            yield from hand.choose(
                part.additional, starts=part.additional == "Additional"
            )
            yield from pick(hand, entry.name, part.offered_by)
            yield from _flags(hand, part, entry)
            _seen(hand, entry)
            hand.note(f"{entry.name} added")
        case Change(key, entry):
            yield from _change(hand, part, key, entry)
            hand.note(f"{entry.name} changed")
        case Assign(key, value):
            yield from assign(hand, key, value)
        case Remove(extra):
            yield from hand.choose(REMOVE)
            hand.expect(Menu.TURNKEY)
            yield from open_part(hand, part, application)
            hand.note(f"{', '.join(extra)} removed")


def _flags(hand: Hand, part: SubApplication, entry: Entry) -> Road[None]:
    if hand.screen.menu is Menu.FLAGS:
        flags = entry.flags or frozenset()
        yield from set_flags(hand, flags & part.menu_flags, part.menu_flags)
    hand.expect(Menu.SETTINGS)


def _seen(hand: Hand, entry: Entry) -> None:
    """See *entry* on the page that is drawn; of a list of several pages the end is read later."""
    paged = hand.here("NEXT") or hand.here("PREVIOUS")
    if not paged and not any(
        label.endswith(entry.name) for label in hand.screen.labels
    ):
        raise hand.stop(f"hvw did not take {entry.name}")


def _change(hand: Hand, part: SubApplication, key: str, entry: Entry) -> Road[None]:
    """Choose an entry that is there: its flags come at once, or behind its list (inferred)."""
    yield from hand.choose(f"{key}=", starts=True)
    if hand.screen.menu is Menu.CHOICE:
        yield from pick(hand, entry.name, part.offered_by)
    hand.expect(Menu.FLAGS)
    yield from _flags(hand, part, entry)


def describe(action: Action) -> str:
    """Return *action* in a few words."""
    match action:
        case Add(entry):
            return entry.name
        case Change(_, entry):
            return f"flags of {entry.name}"
        case Assign(key, value):
            return f"{key}={value}"
        case Remove(extra):
            return f"removal of {', '.join(extra)}"
