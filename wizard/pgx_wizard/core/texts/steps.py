"""The procedure as numbered instructions for a person, in Markdown (manual Appendix A).

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgx_wizard.core.application import TYPED, Application
from pgx_wizard.core.parts import basics
from pgx_wizard.core.parts.sub_application import SubApplication
from pgx_wizard.core.screens.keystrokes import (
    Step,
    action_steps,
    attribute_steps,
    choices,
)
from pgx_wizard.core.screens.plan import differing, plan
from pgx_wizard.core.screens.sections import sections
from pgx_wizard.core.screens.vocabulary import (
    ACTIVATE,
    CREATE,
    EDIT,
    GENERATE,
    HVW,
    NO_RMS,
    STANDBY_TYPE,
)


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
    for part in app.parts(TYPED):
        yield f"{part.label} ({part.section})", list(_part(part))
    yield "Generate and activate (A.1.7)", list(_finish(app))


def _preparation(app: Application) -> Iterator[str]:
    for part in app.parts(TYPED):
        yield from (f"Run `{command}`." for command in part.preparation)
    yield "From the Web-Based Admin View, stop RMS on all nodes."
    yield from _start(app)


def _start(app: Application, program: str = HVW) -> Iterator[str]:
    yield f"On {app.machines[0].removesuffix('RMS')}, the active node: `{program}`."
    yield (
        f"See that the first line says `current configuration: {app.configuration}` and the "
        f"second `{NO_RMS}`."
    )


def left_by_hand(
    app: Application,
    left: Iterable[SubApplication],
    removals: Iterable[str],
    program: str = HVW,
) -> list[str]:
    """Return, numbered, all that a person does for the parts *left* and the *removals*.

    From the start of *program*, hvw, to its end: each screen is left by what the manual shows.
    """
    steps = [*_start(app, program), f"Choose `{EDIT}`, then `{app.name}`."]
    steps += [step for part in left for step in _by_hand(part)]
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
    yield f"Choose `{basics.LABEL}`; see that `Machines[0]` is {app.machines[0]}."
    for machine in app.machines[1:]:
        yield f"Choose `AdditionalMachine`, then `{machine}`."
    for key, value in differing(app, basics.BASICS):
        yield _sentence(attribute_steps(key, value))
    yield f"See that the screen lists:\n\n{_listing(app, basics.LABEL)}"
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


def _part(part: SubApplication) -> Iterator[str]:
    if part.inferred:
        yield from _by_hand(part)
        return
    yield f"Choose `{part.label}`."
    for action in plan(part, part.defaults()).actions:
        yield _sentence(action_steps(part, action))
    yield from part.notes
    yield "Choose `SAVE+EXIT`."


def _by_hand(part: SubApplication) -> Iterator[str]:
    """Yield what a person does at a screen that is not documented."""
    yield f"Choose `{part.label}`. No manual shows this screen: go by what it asks for."
    yield from part.by_hand()
    yield "Choose `SAVE+EXIT`."


def _finish(app: Application) -> Iterator[str]:
    yield f"In the menu of {app.name} choose `SAVE+EXIT`."
    yield from (
        _sentence(choices(0, "", item)) for item in (GENERATE, ACTIVATE, "QUIT")
    )
