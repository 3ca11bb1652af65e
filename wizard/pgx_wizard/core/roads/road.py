"""From hvw's main menu to Configuration-Activate and back: A.1, or A.2 of the manual.

Pure: a generator of keystrokes that is sent screens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pgx_wizard.core.application import TYPED, Application
from pgx_wizard.core.parts.database import DATABASE_ITEMS, Cmdline, Database
from pgx_wizard.core.parts.file_systems import FileSystems
from pgx_wizard.core.parts.sub_application import SubApplication
from pgx_wizard.core.roads import entering
from pgx_wizard.core.roads.basics import enter_basics
from pgx_wizard.core.roads.entering import REMOVE, SAVE, configured, enter_part
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.roads.inferred import enter_commands, others
from pgx_wizard.core.roads.main_menu import at_main, create, edit, run_action
from pgx_wizard.core.screens.screen import Menu
from pgx_wizard.core.screens.vocabulary import ACTIVATE, CONSISTENT, GENERATE

# In read-only mode there is nothing to save (RMS guide 4.6, 3.3.1); what else READONLY
# does is not known, so it comes last.
WAYS_OUT = (entering.NO_SAVE, "RETURN", "QUIT", "READONLY")


@dataclass(frozen=True, slots=True)
class Options:
    """What `apply` was asked for."""

    until: str = "activate"
    prune: bool = False
    without_database: bool = False
    type_inferred: bool = False


@dataclass
class Outcome:
    """How far a run came: what was saved, what is left to a person, what is to be known."""

    saving: bool = False  # SAVE+EXIT was chosen, and what came of it is not seen yet
    saved: bool = False
    left: list[SubApplication] = field(
        default_factory=list
    )  # inferred screens, for a person
    removals: list[str] = field(default_factory=list)  # inferred, for a person
    warnings: list[str] = field(default_factory=list)
    generated: bool = False
    activated: bool = False


def apply(
    hand: Hand, app: Application, options: Options, outcome: Outcome
) -> Road[None]:
    """Type *app* into hvw, as far as *options* say; *outcome* tells how far it came."""
    at_main(hand, app, talks=True)
    existing = yield from edit(hand, app)
    if not existing:
        if options.without_database:
            raise hand.stop(f"no application {app.name}")
        yield from create(hand, app)
    yield from _application(hand, app, options, outcome)
    yield from _save(hand, app, outcome)
    if outcome.left or outcome.removals:
        return
    yield from run_action(hand, app, GENERATE)
    outcome.generated = True
    if options.until == "activate":
        yield from run_action(hand, app, ACTIVATE)
        outcome.activated = True


def _application(
    hand: Hand, app: Application, options: Options, outcome: Outcome
) -> Road[None]:
    if options.without_database:
        yield from _without_database(hand, app, outcome, options)
        return
    yield from _one_database(hand, app, options)
    yield from enter_basics(hand, app)
    for part in app.parts(TYPED):
        yield from _part(hand, app, part, options, outcome)
    yield from _others(hand, app, options, outcome)


def _one_database(hand: Hand, app: Application, options: Options) -> Road[None]:
    """Stop before the database is there twice, under two items."""
    for model in DATABASE_ITEMS:
        there = yield from _is_there(hand, model.label)
        other = app.database and not isinstance(app.database, model)
        if other and there and not options.prune:
            raise hand.stop(
                f"the application has a database under {model.label} already",
                hint="Remove it with --prune, or first with --without-database.",
            )


def _part(
    hand: Hand,
    app: Application,
    part: SubApplication,
    options: Options,
    outcome: Outcome,
) -> Road[None]:
    if part.inferred and not options.type_inferred:
        if (yield from configured(hand, part.label)) == "-":
            outcome.left.append(part)
        else:
            outcome.warnings.append(f"{part.label} is there and was not compared")
    elif isinstance(part, Cmdline):
        yield from enter_commands(hand, part, app.name)
    else:
        done = yield from enter_part(hand, part, app.name, prune=options.prune)
        outcome.warnings += [f"{part.label} has {name} too" for name in done.extra]
        if isinstance(part, FileSystems):
            outcome.warnings += _monitored_too_early(app, done.order)


def _monitored_too_early(app: Application, order: Sequence[str]) -> Iterator[str]:
    """New mount points come behind what hvw has, which A.1.6 may want before it."""
    place = {name: number for number, name in enumerate(order)}
    for mount in app.mounts:
        monitor = place.get(mount.monitored_by, -1)
        if monitor > place.get(mount.mount_point, monitor):
            yield (
                f"{FileSystems.label} has {mount.mount_point} before {mount.monitored_by}, "
                "which monitors it (manual A.1.6)"
            )


def _others(
    hand: Hand, app: Application, options: Options, outcome: Outcome
) -> Road[None]:
    """Remove what the application has and the file has not, or tell of it."""
    wanted = set(map(type, app.parts(TYPED)))
    for model in TYPED:
        there = yield from _is_there(hand, model.label)
        if model in wanted or not there:
            continue
        if not options.prune:
            outcome.warnings.append(f"{model.label} is there and not in the file")
        elif model.inferred and not options.type_inferred:
            outcome.removals.append(model.label)
        else:
            yield from remove(hand, model.label)


def _is_there(hand: Hand, label: str) -> Road[bool]:
    """Whether the turnkey menu has item *label*, and something behind it."""
    item = yield from hand.find(f"{label}(", starts=True)
    return item is not None and not item.label.endswith("(-)")


def remove(hand: Hand, label: str) -> Road[None]:
    """Remove a sub-application with the item REMOVE+EXIT of its screen."""
    yield from _open(hand, label)
    yield from _remove(hand, label)


def _open(hand: Hand, label: str) -> Road[None]:
    yield from hand.choose(f"{label}(", starts=True)
    hand.expect(Menu.SETTINGS)


def _remove(hand: Hand, label: str) -> Road[None]:
    yield from hand.choose(REMOVE)
    if (yield from configured(hand, label)) != "-":
        raise hand.stop(f"{label} is still there after REMOVE+EXIT")
    hand.note(f"{label} removed")


def _without_database(
    hand: Hand, app: Application, outcome: Outcome, options: Options
) -> Road[None]:
    for model in DATABASE_ITEMS:
        if not (yield from _is_there(hand, model.label)):
            continue
        if model.inferred and not options.type_inferred:
            outcome.removals.append(model.label)
        else:
            yield from _remove_alone(hand, model, app.database)


def _remove_alone(
    hand: Hand, model: type[Database], database: Database | None
) -> Road[None]:
    """Remove *database* if nothing else is there: how one entry is removed no manual shows."""
    yield from _open(hand, model.label)
    if database is not None:
        held = yield from hand.settings()
        if more := others(model, database, held):
            raise hand.stop(
                f"{model.label} has {', '.join(more)} too",
                hint=f"Remove resource {database.resource} there by hand.",
            )
    yield from _remove(hand, model.label)


def _save(hand: Hand, app: Application, outcome: Outcome) -> Road[None]:
    """Save the application, and see that hvw offers it."""
    screen = hand.expect(Menu.TURNKEY)
    if screen.state != CONSISTENT:
        raise hand.stop(f"application {app.name} is {screen.state}")
    outcome.saving = True
    yield from hand.choose(SAVE)
    hand.expect(Menu.MAIN, Menu.SELECTION)
    outcome.saved = True
    hand.note(f"application {app.name} saved")
    if hand.screen.menu is Menu.MAIN:
        at_main(hand, app)
        yield from hand.choose("Application-Edit")
        hand.expect(Menu.SELECTION)
    if (yield from hand.find(app.name)) is None:
        raise hand.stop(f"hvw does not list application {app.name}")
    yield from hand.choose("RETURN")
    at_main(hand, app)


def leave(hand: Hand) -> Road[None]:
    """Leave hvw without saving: it ends at QUIT, and this only where no way leads there."""
    for _ in range(12):
        way = next(filter(None, map(hand.here, WAYS_OUT)), None)
        if way is None:
            return
        yield from hand.enter(way.number, way.label)
