"""What `apply` would type: hvw's screens are read, and left without saving.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pgx_wizard.core.application import TYPED, Application
from pgx_wizard.core.parts import basics
from pgx_wizard.core.parts.database import DATABASE_ITEMS, Cmdline
from pgx_wizard.core.parts.sub_application import Held, SubApplication
from pgx_wizard.core.roads.entering import leave_unsaved, open_part
from pgx_wizard.core.roads.hand import Hand, Road
from pgx_wizard.core.roads.main_menu import at_main, edit
from pgx_wizard.core.roads.road import Options
from pgx_wizard.core.screens.keystrokes import (
    Step,
    action_steps,
    attribute_steps,
    choices,
)
from pgx_wizard.core.screens.plan import differing, machines, plan
from pgx_wizard.core.screens.screen import Menu

Model = type[SubApplication]


@dataclass
class Seen:
    """What hvw holds of the application: settings by turnkey label."""

    exists: bool = False
    held: dict[str, Held] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)  # turnkey label: name or `-`

    def has(self, label: str) -> bool:
        """Whether the turnkey menu has *label* configured."""
        return self.there.get(label, "-") != "-"


def look(hand: Hand, app: Application, *, without_database: bool = False) -> Road[Seen]:
    """Read what hvw holds of *app*; nothing is changed."""
    at_main(hand, app, talks=True)
    seen = Seen()
    seen.exists = yield from edit(hand, app)
    if not seen.exists:
        if without_database:
            raise hand.stop(f"no application {app.name}")
        return seen
    seen.there = _turnkey(hand)
    if seen.has(basics.LABEL):
        yield from hand.choose(f"{basics.LABEL}(", starts=True)
        hand.expect(Menu.SETTINGS)
        seen.held[basics.LABEL] = yield from hand.settings()
        yield from leave_unsaved(hand)
    for part in app.parts(TYPED):
        if not part.inferred and seen.has(part.label):
            seen.held[part.label] = yield from open_part(hand, part, app.name)
            yield from leave_unsaved(hand)
    return seen


def _turnkey(hand: Hand) -> dict[str, str]:
    pairs = (
        label.rpartition("(") for label in hand.screen.labels if label.endswith(")")
    )
    return {label: name[:-1] for label, _, name in pairs}


def render(app: Application, seen: Seen, options: Options) -> str:
    """Return the choices and texts that would be typed, one a line, menu by menu."""
    lines = [
        f"{'  ' * step.depth}{step.menu}: {step.what}"
        for step in _steps(app, seen, options)
    ]
    return "\n".join(lines) or "nothing would be typed"


def _steps(app: Application, seen: Seen, options: Options) -> Iterator[Step]:
    way = (
        ("Application-Edit", app.name)
        if seen.exists
        else ("Application-Create", "STANDBY")
    )
    yield from choices(0, "main menu", *way)
    if options.without_database:
        yield from _without_database(seen, options)
    else:
        yield from _basics(app, seen.held.get(basics.LABEL))
        for part in app.parts(TYPED):
            yield from _part(part, seen, options)
        yield from _removals(_others(app, seen, options), options)
    yield from choices(0, app.name, "SAVE+EXIT")
    last = []
    if not _leaves_something(app, seen, options):
        last = ["Configuration-Generate"]
        last += ["Configuration-Activate"] if options.until == "activate" else []
    yield from choices(0, "main menu", *last, "QUIT")


def _by_hand(label: str) -> Step:
    return Step(1, label, "(left to a person: its screen is not documented)")


def _without_database(seen: Seen, options: Options) -> Iterator[Step]:
    yield from _removals(
        [model for model in DATABASE_ITEMS if seen.has(model.label)], options
    )


def _others(app: Application, seen: Seen, options: Options) -> list[Model]:
    """Return what --prune removes whole: hvw has it, and the file has not."""
    wanted = set(map(type, app.parts(TYPED)))
    there = [model for model in TYPED if seen.has(model.label)]
    return [model for model in there if options.prune and model not in wanted]


def _removals(models: Iterable[Model], options: Options) -> Iterator[Step]:
    for model in models:
        if model.inferred and not options.type_inferred:
            yield _by_hand(model.label)
        else:
            yield from choices(1, model.label, "REMOVE+EXIT")


def _leaves_something(app: Application, seen: Seen, options: Options) -> bool:
    """Whether a person must go on before Configuration-Generate."""
    if options.type_inferred:
        return False
    if options.without_database:
        return seen.has(Cmdline.label)
    missing = any(p.inferred and not seen.has(p.label) for p in app.parts(TYPED))
    return missing or any(model.inferred for model in _others(app, seen, options))


def _basics(app: Application, held: Held | None) -> Iterator[Step]:
    shown: Mapping[str, str] = basics.BASICS if held is None else held
    there = machines(shown) or app.machines[:1]
    missing = [m for m in app.machines if m not in there]
    changes = list(differing(app, shown))
    if held is not None and not missing and not changes:
        return
    for machine in missing:
        yield from choices(1, basics.LABEL, "AdditionalMachine", machine)
    for key, value in changes:
        yield from attribute_steps(key, value)
    yield from choices(1, basics.LABEL, "SAVE+EXIT")


def _part(part: SubApplication, seen: Seen, options: Options) -> Iterator[Step]:
    if part.inferred and not options.type_inferred:
        if not seen.has(part.label):
            yield _by_hand(part.label)
        return
    if part.inferred and seen.has(part.label):
        yield Step(1, part.label, "(there already: compared when it is typed)")
        return
    held = seen.held.get(part.label)
    what = plan(
        part,
        part.defaults() if held is None else held,
        prune=options.prune,
    )
    if not what.actions:
        return
    for action in what.actions:
        yield from action_steps(part, action)
    yield from choices(1, part.label, "SAVE+EXIT")
