"""What pgx_online and pgx_offline begin with: one NAME, its definition, the right caller."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pgx_base import prologue, report
from pgx_base.program import answered, exit_code
from pgx_base.report import Failure
from pgx_pclrsc import registry, runentry, store
from pgx_pclrsc.core import codec
from pgx_pclrsc.core.definition import ResourceDefinition

Main = Callable[[list[str]], int]


class WrongCaller(Failure):
    """Neither root nor the resource's OS user."""


def run(program: str, main: Main, *, failed: int) -> None:
    """Run *main* with the arguments and leave with its exit code, *failed* whatever fails.

    Python's own exit code and traceback never get out: RMS keeps what stands on stderr.
    """
    prologue.first_statements()
    given = sys.argv[1:]
    os._exit(
        exit_code(
            program,
            lambda: 0 if _answered(program, given) else main(given),
            failed=failed,
        )
    )


def _answered(program: str, given: list[str]) -> bool:
    """Whether help or version was asked for alone, which is then given.  Raises Failure.

    Whatever else is on the line: a script that has done nothing must not exit 0.
    """
    if len(given) != 1 or not given[0].startswith("-"):
        return False
    from pgx_agent.script import about

    return answered(program, about.text(program), given)


def wrong_usage(
    program: str, given: list[str], options: tuple[str, ...] = ()
) -> Failure:
    """Return the refusal of what is *given*; *options* and one name are taken."""
    from pgx_base import arguments

    return arguments.wrong_words(program, given, options)


def definition_of(program: str, root: str, name: str) -> ResourceDefinition:
    """Return the definition of *name*, if need be from its entry under /run.

    Raises Failure, for an unknown name too.
    """
    if not root.startswith("/"):
        raise Failure(
            f'{registry.VARIABLE} is not an absolute path: "{root}"',
            detail="The scripts must find the registry from any working directory.",
        )
    try:
        return store.load(name, root)
    except Failure as problem:
        entry = runentry.read(root, name) if registry.is_name(name) else None
        if entry is None:
            raise
        report.warn(
            program,
            f'definition of resource "{name}" is taken from its entry under /run',
            detail=f"The registry does not have it: {problem.primary}.",
            hint="Look at the registry; pgx_pclrsc -a registers a resource anew.",
        )
        return codec.decode(entry[1])


def check_caller(definition: ResourceDefinition) -> None:
    """Refuse whoever is neither root nor the OS user.  Raises Failure."""
    if os.geteuid() not in (0, definition.uid):
        raise WrongCaller(
            f'must be run as root or as OS user "{definition.os_user}"',
            detail="Nobody else may start, stop or look into the instance.",
        )
