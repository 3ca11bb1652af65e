"""The procedure as numbered instructions for a person, in Markdown (manual Appendix A).

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgx_wizard.core.model import Application, Cmdline
from pgx_wizard.core.roads.basics import differing
from pgx_wizard.core.screens.keystrokes import (
    Step,
    action_steps,
    attribute_steps,
    choices,
)
from pgx_wizard.core.screens.plan import DEFAULTS, Part, parts, plan
from pgx_wizard.core.screens.sections import sections
from pgx_wizard.core.screens.vocabulary import (
    ACTIVATE,
    BASICS,
    BASICS_LABEL,
    CMDLINE_FLAGS,
    COMMAND_LINES,
    CREATE,
    EDIT,
    FILE_SYSTEMS,
    GDS,
    GENERATE,
    GLS,
    HVGDSETUP,
    HVW,
    INFERRED,
    IP_ADDRESSES,
    NO_RMS,
    STANDBY_TYPE,
    SYMFOWARE,
)

SECTIONS = {
    GDS: "A.1.3",
    SYMFOWARE: "A.1.4",
    COMMAND_LINES: "no section: the screen is not documented",
    GLS: "A.1.5",
    IP_ADDRESSES: "no section: the screen is not documented",
    FILE_SYSTEMS: "A.1.6",
}


def markdown(app: Application) -> str:
    """Return the whole procedure for creating *app*."""
    numbered: list[str] = []
    lines = [f"# Creating application {app.name}", ""]
    for heading, steps in _chapters(app):
        lines += [f"## {heading}", ""]
        for step in steps:
            numbered.append(step)
            lines.append(f"{len(numbered)}. {step}")
        lines.append("")
    return "\n".join(lines)


def _chapters(app: Application) -> Iterator[tuple[str, list[str]]]:
    yield "Prepare (A.1.1)", list(_preparation(app))
    yield "Create the application (A.1.2)", list(_creation(app))
    for part in parts(app):
        yield f"{part.label} ({SECTIONS[part.label]})", list(_part(part, app))
    yield "Generate and activate (A.1.7)", list(_finish(app))


def _preparation(app: Application) -> Iterator[str]:
    for name in app.gds.disk_classes if app.gds else ():
        yield f"Run `{HVGDSETUP} -a {name}`."
    yield "From the Web-Based Admin View, stop RMS on all nodes."
    yield from _start(app)


def _start(app: Application, program: str = HVW) -> Iterator[str]:
    yield f"On {app.machines[0].removesuffix('RMS')}, the active node: `{program}`."
    yield (
        f"See that the first line says `current configuration: {app.configuration}` and the "
        f"second `{NO_RMS}`."
    )


def left_by_hand(
    app: Application, left: Iterable[Part], removals: Iterable[str], program: str = HVW
) -> list[str]:
    """Return, numbered, all that a person does for the parts *left* and the *removals*.

    From the start of *program*, hvw, to its end: each screen is left by what the manual shows.
    """
    steps = [*_start(app, program), f"Choose `{EDIT}`, then `{app.name}`."]
    steps += [step for part in left for step in by_hand(part, app)]
    steps += [step for label in removals for step in _removal(label)]
    steps.append(f"In the menu of {app.name} choose `SAVE+EXIT`.")
    steps.append("If the list of applications is shown, choose `RETURN`.")
    steps.append("Choose `QUIT`.")
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)]


def _removal(label: str) -> Iterator[str]:
    yield f"Choose `{label}`. No manual shows this screen: go by what it asks for."
    yield (
        "If it lists nothing that is to stay, choose `REMOVE+EXIT`; else remove what is to go "
        "alone, then choose `SAVE+EXIT`."
    )


def _creation(app: Application) -> Iterator[str]:
    yield f"Choose `{CREATE}`, then `{STANDBY_TYPE}`."
    yield f"If `ApplicationName` is not {app.name}, choose it and type `{app.name}`."
    yield f"Choose `{BASICS_LABEL}`; see that `Machines[0]` is {app.machines[0]}."
    for machine in app.machines[1:]:
        yield f"Choose `AdditionalMachine`, then `{machine}`."
    for key, value in differing(app, BASICS):
        yield _sentence(attribute_steps(key, value))
    yield f"See that the screen lists:\n\n{_listing(app, 'Machines+Basics')}"
    yield "Choose `SAVE+EXIT`."


def _sentence(steps: Iterable[Step]) -> str:
    """Return consecutive *steps* as one sentence."""
    words = [
        f"{verb} `{rest}`"
        for verb, _, rest in (step.what.partition(" ") for step in steps)
    ]
    text = ", then ".join(words)
    return f"{text[:1].upper()}{text[1:]}."


def _listing(app: Application, title: str) -> str:
    section = next(section for section in sections(app) if section.title == title)
    lines = (f"{key}={value}" for key, value in section.settings)
    return "".join(f"       {line}\n" for line in lines)


def _part(part: Part, app: Application) -> Iterator[str]:
    if part.label in INFERRED:
        yield from by_hand(part, app)
        return
    yield f"Choose `{part.label}`."
    for action in plan(part, DEFAULTS.get(part.label, {})).actions:
        yield _sentence(action_steps(part, action))
    if part.label == GDS:
        yield (
            "A.1.3, step 4, asks for MONITORONLY by purpose here; hvw's screen has no such "
            "item: it is set with the file systems."
        )
        yield "See that `StandbySupport` is `no`."
    yield "Choose `SAVE+EXIT`."


def by_hand(part: Part, app: Application) -> list[str]:
    """Return what a person does at a screen that is not documented."""
    steps = [
        f"Choose `{part.label}`. No manual shows this screen: go by what it asks for."
    ]
    if part.label == COMMAND_LINES and isinstance(app.database, Cmdline):
        steps += _commands(app.database)
    else:
        names = ", ".join(f"`{entry.name}`" for entry in part.entries)
        steps.append(
            f"Add {names}, with a time-out of {dict(part.values)['Timeout']} s."
        )
    return [*steps, "Choose `SAVE+EXIT`."]


def _commands(database: Cmdline) -> Iterator[str]:
    yield "Choose `AdditionalStartCommand`, then `FREECHOICE`."
    for what, script in (
        ("start", "pgx_online"),
        ("stop", "pgx_offline"),
        ("check", "pgx_check"),
    ):
        yield f"As the {what} command type `{database.command(script)}`."
    flags = ", ".join(f"`{flag}={database.flags[flag]}`" for flag in CMDLINE_FLAGS)
    yield f"Set every flag: {flags}, and `TIMEOUT={database.timeout}`."


def _finish(app: Application) -> Iterator[str]:
    yield f"In the menu of {app.name} choose `SAVE+EXIT`."
    yield from (
        _sentence(choices(0, "", item)) for item in (GENERATE, ACTIVATE, "QUIT")
    )
