"""What each verb of pgx_wizard does: files in, text out, problems shown.

A verb imports what it alone needs: every start pays for what is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pgx_base import report
from pgx_base.failure import Failure
from pgx_wizard import surroundings
from pgx_wizard.core.application import Application
from pgx_wizard.core.file import reading
from pgx_wizard.core.file.problem import Problem, as_json, errors, facts
from pgx_wizard.core.request import Request

if TYPE_CHECKING:
    from pgx_wizard.core.rules.rule import Node

PROGRAM = "pgx_wizard"


class Refused(Exception):
    """An application file with errors; they have been shown."""


def show_problems(operand: str, problems: Iterable[Problem]) -> None:
    """Show *problems* on stderr, each at its place in the file *operand*."""
    for problem in problems:
        at = f"{operand}:{problem.line}:{problem.column}: " if problem.line else ""
        primary = at + problem.primary
        message = Failure(primary, detail=facts(problem), hint=problem.hint)
        report.show(PROGRAM, problem.severity, message, log=False)


def load(operand: str) -> tuple[Application, str]:
    """Return the application of the file *operand*, and its text.

    Raises Failure where it cannot be read, Refused (its errors are shown) where it is
    unsound.
    """
    text = surroundings.read_text(operand)
    application, problems = reading.read(text)
    show_problems(operand, problems)
    if application is None:
        raise Refused
    return application, text


def judge(asked: Request) -> tuple[Application | None, list[Problem]]:
    """Return the application that *asked* names, and all that is wrong with it."""
    application, _, problems = looked_at(asked)
    return application, problems


def looked_at(asked: Request) -> tuple[Application | None, Node, list[Problem]]:
    """Return the application that *asked* names, what this node says, and what is wrong."""
    from pgx_wizard.core.rules import check as rules
    from pgx_wizard.core.rules.rule import Node

    text = surroundings.read_text(asked.operand)
    application, problems = reading.read(text)
    if application is None:
        return None, Node(), problems
    tables = {k: v for k, v in asked.options.items() if k.startswith("--fstab")}
    node = surroundings.look(application, tables)
    return application, node, rules.check(application, node, text)


def check(asked: Request) -> tuple[int, str]:
    """Return exit code and output of `check`: 0 without errors, warnings or not."""
    application, node, problems = looked_at(asked)
    code = 1 if errors(problems) else 0
    if asked.options.get("--output") == "json":
        import json

        return code, json.dumps([as_json(problem) for problem in problems], indent=2)
    show_problems(asked.operand, problems)
    if application is None:
        return code, f"checked: the form of {asked.operand} alone"
    from pgx_wizard.core.rules.checked import summary

    return code, summary(asked.operand, application, node)


def show(asked: Request) -> tuple[int, str]:
    """Return exit code and output of `show`."""
    from pgx_wizard.core.screens import listing
    from pgx_wizard.core.screens import sections as settings

    if asked.has("--from-listing"):
        application = _from_listing(asked.operand)
    else:
        application, _ = load(asked.operand)
    sections = settings.sections(application)
    if asked.options.get("--output") == "json":
        return 0, listing.as_json(sections)
    return 0, listing.as_text(sections)


def _from_listing(operand: str) -> Application:
    from pgx_wizard.core.screens import listing

    try:
        return listing.application(listing.parse(surroundings.read_text(operand)))
    except listing.NoListing as ex:
        place = f"{operand}:{ex.line}" if ex.line else operand
        reason = f"{str(ex)[:1].upper()}{str(ex)[1:]}."
        raise Failure(
            f"{place}: not a listing of hvw's settings", detail=reason
        ) from ex


def init(asked: Request) -> tuple[int, str]:
    """Return exit code and output of `init`."""
    from pgx_pclrsc import registry, store
    from pgx_wizard.core.texts.init import example

    definition = store.load(asked.operand, registry.registry_root())
    return 0, example(definition, asked.options.get("--kind", "cmdline"))


def steps(asked: Request) -> tuple[int, str]:
    """Return exit code and output of `steps`."""
    from pgx_wizard.core.texts.steps import markdown

    return 0, markdown(load(asked.operand)[0])


def files(asked: Request) -> tuple[int, str]:
    """Return exit code and output of `files`; what was written is named."""
    from pgx_wizard.core.texts.files import contents

    application, _ = load(asked.operand)
    if asked.has("--diff"):
        return 0, _differences(application)
    directory = asked.options.get("-o", "")
    if not directory:
        raise Failure("no directory specified", hint="Give it with -o DIR.")
    written = [
        surroundings.write_new(directory, name, text, executable=name.endswith(".sh"))
        for name, text in contents(application).items()
    ]
    return 0, "\n".join(written)


def _differences(application: Application) -> str:
    from pgx_wizard.core.texts.files import TARGETS, difference, lines

    wanted = lines(application)
    present = {
        name: surroundings.read_text(path) if os.path.exists(path) else ""
        for name, path in TARGETS.items()
    }
    return "".join(
        difference(name, some, present[name]) for name, some in wanted.items()
    )
