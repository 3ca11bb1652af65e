"""hvw's main menu, and the way from it to an application (A.1.2, A.1.7, A.2.1).  Pure."""

from __future__ import annotations

from pgx_wizard.core.application import Application
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.screens.screen import Menu
from pgx_wizard.core.screens.trouble import troubled
from pgx_wizard.core.screens.vocabulary import CREATE, EDIT, NO_RMS, STANDBY_TYPE

# PRIMECLUSTER Installation and Administration Guide 4.3, A.10 (worksheets).
APPLICATIONS = 48


def at_main(hand: Hand, app: Application, *, talks: bool = False) -> None:
    """See that this is the main menu, on the right node, and that RMS is stopped.

    What stands before the menu is let pass where hvw *talks*, if it is no trouble.
    """
    if hand.screen.menu is not Menu.MAIN or not talks:
        hand.expect(Menu.MAIN)
    screen = hand.screen
    if troubled(screen.said):
        raise hand.stop(
            "hvw tells of trouble", detail=f"hvw: {' / '.join(screen.said)}"
        )
    if f"{screen.object}RMS" != app.machines[0]:
        raise hand.stop(
            f"hvw runs on {screen.object}, and the active node is {app.machines[0]}",
            hint=f"Run this on {app.machines[0].removesuffix('RMS')}: hvw presets Machines[0].",
        )
    if screen.state != app.configuration:
        raise hand.stop(
            f"hvw has configuration {screen.state}, not {app.configuration}",
            hint="Set configuration in the application file.",
        )
    if screen.status != (NO_RMS,):
        raise hand.stop(
            "RMS counts as running",
            detail=f"hvw: {' / '.join(screen.status) or 'nothing'}; not: {NO_RMS}.",
            hint="Stop RMS on all nodes first (manual A.1.1, A.2).",
        )


def edit(hand: Hand, app: Application) -> Road[bool]:
    """Open the application if hvw has it; else come back to the main menu."""
    if hand.here(EDIT) is None:
        return False
    yield from hand.choose(EDIT)
    hand.expect(Menu.SELECTION)
    item = yield from hand.find(app.name)
    if item is not None:
        yield from hand.enter(item.number, item.label)
        _is_open(hand, app)
        return True
    _has_room(hand)
    yield from hand.choose("RETURN")
    at_main(hand, app)
    return False


def _has_room(hand: Hand) -> None:
    there = set(hand.screen.labels) - {"HELP", "QUIT", "RETURN", "OPTIONS", "-"}
    if len(there) >= APPLICATIONS:
        raise hand.stop(f"there are {len(there)} applications already")


def create(hand: Hand, app: Application) -> Road[None]:
    """Create the application: its name is asked for, or is a setting of the new one."""
    yield from hand.choose(CREATE)
    hand.expect(Menu.TYPES)
    yield from hand.choose(STANDBY_TYPE)
    if hand.screen.menu is Menu.TEXT:
        yield from hand.enter(app.name, app.name)
    screen = hand.expect(Menu.TURNKEY)
    if screen.object != app.name:
        yield from hand.choose("ApplicationName=", starts=True)
        hand.expect(Menu.TEXT)
        yield from hand.enter(app.name, app.name)
    _is_open(hand, app)
    hand.note(f"application {app.name} created")


def _is_open(hand: Hand, app: Application) -> None:
    screen = hand.expect(Menu.TURNKEY)
    if screen.object != app.name:
        raise hand.stop(f"it is of application {screen.object}, not {app.name}")


def run_action(hand: Hand, app: Application, action: str) -> Road[None]:
    """Choose Configuration-Generate or Configuration-Activate; what it prints is passed on."""
    yield from hand.choose(action)
    at_main(hand, app, talks=True)
    for line in hand.screen.said:
        hand.note(f"hvw: {line}")
    hand.note(f"{action} done")
