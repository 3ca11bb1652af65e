"""Machines+Basics: machines and attributes of the application (A.1.2).  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgx_wizard.core.model import Application
from pgx_wizard.core.roads.entering import SAVE, configured, leave_unchanged
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.roads.values import assign, pick
from pgx_wizard.core.screens.plan import same
from pgx_wizard.core.screens.screen import Kind
from pgx_wizard.core.screens.vocabulary import BASICS_LABEL, DECLARED


def enter_basics(hand: Hand, app: Application) -> Road[None]:
    """Make Machines+Basics what *app* declares; the machines that are there stay."""
    new = (yield from configured(hand, BASICS_LABEL)) == "-"
    held = yield from _open(hand, app)
    missing = _missing_machines(hand, app, machines(held))
    changes = list(differing(app, held))
    if not (new or missing or changes):
        yield from leave_unchanged(hand)
        return
    for machine in missing:
        yield from hand.choose("AdditionalMachine")
        yield from pick(
            hand, machine, "Create the machine in hvw first: RMS-CreateMachine."
        )
        hand.expect(Kind.SETTINGS)
        hand.note(f"{machine} added")
    for key, value in changes:
        yield from assign(hand, key, value)
    yield from _save(hand, app)


def _open(hand: Hand, app: Application) -> Road[dict[str, str]]:
    yield from hand.choose(f"{BASICS_LABEL}(", starts=True)
    screen = hand.expect(Kind.SETTINGS)
    if (screen.title, screen.object) != (BASICS_LABEL, app.name.lower()):
        raise hand.stop(f"not the screen {BASICS_LABEL} of {app.name.lower()}")
    return (yield from hand.settings())


def machines(held: Mapping[str, str]) -> tuple[str, ...]:
    """Return the machines that the screen lists, in order."""
    return tuple(value for key, value in held.items() if key.startswith("Machines["))


def differing(app: Application, held: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the attributes that the screen has otherwise than *app* declares."""
    for key in DECLARED:
        wanted = app.basics[key]
        if not same(wanted, held.get(key, ""), key):
            yield key, wanted


def _missing_machines(
    hand: Hand, app: Application, there: tuple[str, ...]
) -> tuple[str, ...]:
    """Return what is still to be added.  Raises Stop where machines are others, or elsewhere."""
    if there != app.machines[: len(there)]:
        raise hand.stop(
            f"its machines are {', '.join(there) or 'none'}, not {', '.join(app.machines)}",
            hint="pgx_wizard changes no machine that is there: change them in hvw, or the file.",
        )
    return app.machines[len(there) :]


def _save(hand: Hand, app: Application) -> Road[None]:
    yield from hand.choose(SAVE)
    hand.expect(Kind.TURNKEY)
    held = yield from _open(hand, app)
    left = [f"{key}={value}" for key, value in differing(app, held)]
    if left or machines(held) != app.machines:
        detail = f"Missing: {', '.join([*left, *app.machines])}."
        raise hand.stop("what was saved is not what is shown", detail=detail)
    yield from leave_unchanged(hand)
    hand.note(f"{BASICS_LABEL} set")
