"""What pgx_check says to people.  Not on the path of an answer that needs no words."""

from __future__ import annotations

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import printable, quoted
from pgx_pclrsc import record
from pgx_pclrsc.core import verdict

PROGRAM = "pgx_check"


def _say(problem: Failure) -> None:
    report.show(PROGRAM, "error", problem, log=False)


def unknown(name: str) -> None:
    """Say that there is no resource *name*: a typo in CheckCommands is Offline for ever."""
    hint = "pgx_pclrsc -p lists the resources that are registered on this node."
    _say(Failure(f"resource {quoted(name)} does not exist", hint=hint))


def wrong_caller() -> None:
    """Refuse whoever may not look into the resource."""
    _say(Failure("must be run as root or as the OS user of the resource"))


def no_monitor(name: str, problem: Exception) -> None:
    """Note that no monitor could be started."""
    text = Failure(f'could not start a monitor for "{name}": {problem}')
    report.to_system_log(PROGRAM, "warning", text)


def faulted(name: str, found: record.Record | None, *, gone: bool) -> None:
    """Say why *name* is Faulted, as far as the record *found* has it.

    *gone*: its postmaster is.
    """
    _say(_why(name, found, gone))


def _why(name: str, found: record.Record | None, gone: bool) -> Failure:
    by_record = found is not None and found.state == record.FAULTED
    reason = found.reason if found is not None and by_record else ""
    # The record is the OS user's; this goes to logs, and to the terminals of root.
    why = printable(verdict.why_faulted(reason, gone=gone))
    hint = "The system log has the reason. Look at the work directory's file system."
    return Failure(
        f'resource "{name}" is faulted: {why}',
        hint=hint if why == verdict.UNWRITTEN else None,
    )


def usage(arguments: list[str]) -> bool:
    """Give help or version, else say what is wrong with *arguments*; return which."""
    from pgx_agent.script import about
    from pgx_base.arguments import wrong_words
    from pgx_base.program import answered

    try:
        if len(arguments) == 1 and answered(PROGRAM, about.text(PROGRAM), arguments):
            return True
        problem = wrong_words(PROGRAM, arguments)
    except Failure as ex:
        problem = ex
    _say(problem)
    return False
