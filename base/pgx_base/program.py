"""What every command of ours does alike: help and version, wrong usage, what went wrong.

pgx_online and pgx_offline load this, and pgx_check where it has words to say, so it stays
light.  Python's own exit code and traceback never get out of a command.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]

from pgx_base import prologue, report
from pgx_base.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable


def begin(*, tidies_up: bool) -> None:
    """Do the first statements of a command that a person types.

    Descriptors 0 to 2 exist afterwards, lest a file of ours becomes one, and children are
    waitable.  Control-C ends the command, or is an exception to it if it *tidies_up*.
    """
    for fd in prologue.STANDARD:
        prologue.ensure_open(fd)
    for number in (signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    if not tidies_up:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def as_failure(problem: BaseException) -> Failure:
    """Return *problem* if it has words of its own, else that this program has a fault."""
    if isinstance(problem, Failure):
        return problem
    if isinstance(problem, KeyboardInterrupt):
        return Failure("interrupted")
    return internal_error(problem)


def internal_error(problem: BaseException) -> Failure:
    """Return what is told of *problem* where it is a fault of ours."""
    return Failure(f"internal error: {type(problem).__name__}: {problem}")


def exit_code(
    program: str, act: Callable[[], int], *, failed: int = 1, log: bool = True
) -> int:
    """Return the exit code of *act*, or *failed* with its reason shown, whatever it raises.

    The reason goes to stderr and, unless *log* is false, to the system log.
    """
    try:
        return act()
    except (Exception, KeyboardInterrupt) as ex:  # noqa: BLE001  # one line, whatever happens
        report.show(program, "error", as_failure(ex), log=log)
        return failed


def refuse(
    program: str, reasons: Iterable[Failure], *, usage: bool = False, log: bool = True
) -> int:
    """Show all *reasons* of a refusal, and return its exit code; *usage* is wrong usage."""
    for reason in reasons:
        report.show(program, "error", reason, log=log)
    if usage:
        from pgx_base import arguments

        report.to_stderr(f"{program}: hint: {arguments.hint(program)}")
    return 1


def answered(program: str, about: str, given: Collection[str]) -> bool:
    """Print *about* or the version where an option *given* asks for that; whether one does.

    Raises Failure where it cannot be printed.
    """
    from pgx_base import arguments, version

    if not arguments.HELP_OPTIONS.isdisjoint(given):
        report.to_stdout(about)
    elif not arguments.VERSION_OPTIONS.isdisjoint(given):
        report.to_stdout(f"{program} (pgx-primecluster) {version.VERSION}")
    else:
        return False
    return True
