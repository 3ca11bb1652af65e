"""Machines+Basics: machines and attributes of the application (A.1.2).  Pure."""

from __future__ import annotations

from pgx_wizard.core.application import Application
from pgx_wizard.core.parts.basics import LABEL
from pgx_wizard.core.roads.entering import SAVE, configured, leave_unchanged
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.roads.values import assign, pick
from pgx_wizard.core.screens.plan import differing, machines
from pgx_wizard.core.screens.screen import Menu


def enter_basics(hand: Hand, app: Application) -> Road[None]:
    """Make Machines+Basics what *app* declares; the machines that are there stay."""
    new = (yield from configured(hand, LABEL)) == "-"
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
        hand.expect(Menu.SETTINGS)
        hand.note(f"{machine} added")
    for key, value in changes:
        yield from assign(hand, key, value)
    yield from _save(hand, app)


def _open(hand: Hand, app: Application) -> Road[dict[str, str]]:
    yield from hand.choose(f"{LABEL}(", starts=True)
    screen = hand.expect(Menu.SETTINGS)
    if (screen.title, screen.object) != (LABEL, app.name.lower()):
        raise hand.stop(f"not the screen {LABEL} of {app.name.lower()}")
    return (yield from hand.settings())


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
    hand.expect(Menu.TURNKEY)
    held = yield from _open(hand, app)
    left = [f"{key}={value}" for key, value in differing(app, held)]
    if left or machines(held) != app.machines:
        detail = f"Missing: {', '.join([*left, *app.machines])}."
        raise hand.stop("what was saved is not what is shown", detail=detail)
    yield from leave_unchanged(hand)
    hand.note(f"{LABEL} set")
