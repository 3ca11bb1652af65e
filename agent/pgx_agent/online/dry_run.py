"""pgx_online --dry-run NAME: what Online would do now, and nothing of it.

The same checks, the same look and the same decision, in a child that has become the OS
user; no lock is taken, nothing is written, started, stopped or signalled.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial

from pgx_agent.core import online
from pgx_agent.online import checks, facts, refusals
from pgx_base import files, locks, report
from pgx_base.failure import Failure
from pgx_base.light.typing import assert_never
from pgx_base.text import quoted
from pgx_pclrsc import environment
from pgx_pclrsc.core import names
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather import server
from pgx_pclrsc.preflight.gather.children import Job
from pgx_pclrsc.preflight.gather.children import ask as ask_children
from pgx_postgres import binaries

_SECONDS = 10.0  # that the look may take
_LOOK_AGAIN, _LOOKS = 0.2, 10


@dataclass(frozen=True)
class Forecast:
    """Whether Online would go on, *what* it would do, or why not, and what it would warn of."""

    goes_on: bool
    what: str
    detail: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()


class _Look:
    """A look that tells nobody but this run."""

    def __init__(self, definition: ResourceDefinition, root: str, dir_fd: int) -> None:
        self.definition, self.root, self.dir_fd = definition, root, dir_fd
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        """Take down *text*."""
        self.warnings.append(text)

    def warn(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        """Take down a warning."""
        self.warnings.append(primary)


def run(program: str, definition: ResourceDefinition, root: str) -> bool:
    """Say what Online would do; return whether it would go on.  Raises Failure."""
    job = Job(partial(_forecast, definition, root), definition, _SECONDS)
    found = ask_children({"look": job}).take("look", Forecast)
    if isinstance(found, Unknown):
        raise Failure(
            f"could not look what Online would do: {found.why}",
            hint="Online would wait as well, until its own time is over.",
        )
    for warning in found.warnings:
        report.show(program, "warning", Failure(warning), log=False)
    if not found.goes_on:
        why = Failure(found.what, detail=found.detail or None, hint=found.hint or None)
        report.show(program, "error", why, log=False)
        report.to_stdout(f"would refuse: {found.what}")
        return False
    report.to_stdout(f"would {found.what}")
    return True


def _forecast(definition: ResourceDefinition, root: str) -> Forecast:
    """Look as Online does, in a child."""
    look: _Look | None = None
    try:
        look = _Look(definition, root, _open_workdir(definition))
        what = _first_step(look, checks.check(look).major)
    except Failure as ex:
        told = tuple(look.warnings) if look is not None else ()
        return Forecast(False, ex.primary, ex.detail or "", ex.hint or "", told)
    return Forecast(True, what, warnings=tuple(look.warnings))


def _open_workdir(definition: ResourceDefinition) -> int:
    try:
        return files.open_workdir(definition.work_directory)
    except OSError as ex:
        raise Failure(
            f"could not open work directory {quoted(definition.work_directory)}: "
            f"{ex.strerror}",
            hint="It must be a directory of the OS user with mode 0700, and no link.",
        ) from ex


def _first_step(look: _Look, major: int) -> str:
    """Return in words what Online would do.  Raises Failure where it would refuse."""
    if works := _transition(look.dir_fd):
        look.warn(f"{works} works on the resource: Online would wait for it first")
    step: online.Step = online.LookAgain("")
    for _ in range(_LOOKS):
        step = online.next_step(facts.look(look, None).facts)
        if not isinstance(step, online.LookAgain):
            break
        time.sleep(_LOOK_AGAIN)
    return _in_words(look.definition, step, major)


def _transition(dir_fd: int) -> str:
    """Return which script works, asked of its lock without taking it; "" for none."""
    try:
        fd = files.open_regular(dir_fd, names.TRANSITION_LOCK)
    except OSError:
        return ""
    try:
        known = {locks.ONLINE: "pgx_online", locks.OFFLINE: "pgx_offline"}
        return next(
            (text for byte, text in known.items() if locks.is_held(fd, byte)), ""
        )
    finally:
        os.close(fd)


def _in_words(  # noqa: RET503  # assert_never returns never
    definition: ResourceDefinition, step: online.Step, major: int
) -> str:
    name = definition.name
    match step:
        case online.Adopt(server=running, joining=joining):
            until = (
                "once its start is over and it answers" if joining else "if it answers"
            )
            return f"adopt postmaster {running.pid}, {until}"
        case online.LookAgain(why=why):
            return f"look again: {why}"
        case online.Stop(server=running, mode=mode, why=why):
            then = _start(definition, major)
            return f"stop postmaster {running.pid} ({mode}), as {why}; then {then}"
        case online.EndOrphans(names=orphans):
            then = _start(definition, major)
            return (
                f"end what is left of the instance, {', '.join(orphans)}; then {then}"
            )
        case online.Refuse(standalone=pid):
            raise refusals.standalone(name, pid)
        case online.Doubt(names=unproven):
            raise refusals.doubtful(name, unproven)
        case online.RefuseOddity(what=what):
            raise refusals.odd_pid_file(definition.data_directory, what)
        case online.Start(broken=broken):
            return _broken(definition, broken) + _start(definition, major)
        case _ as never:
            assert_never(never)


def _broken(definition: ResourceDefinition, broken: bool) -> str:
    if not broken:
        return ""
    if definition.broken_pid_file == "refuse":
        raise Failure(
            f"{quoted(f'{definition.data_directory}/postmaster.pid')} names no process",
            detail="--broken-pid-file is refuse, and PostgreSQL does not start past it.",
            hint="When it is certain that no server runs on this data directory on any "
            "node, remove it.",
        )
    return "remove postmaster.pid, which names no process, once nobody can own it; "


def _start(definition: ResourceDefinition, major: int) -> str:
    """Return how the server would be started.  Raises Failure without programs."""
    environ = environment.build(definition, os.environ)
    ask = partial(server.version, environ=environ)
    directory = binaries.find(definition.bin_dir, major, ask)
    return f"start the server with {directory}, unless it is in use elsewhere"
