"""What mc_arb does: starts, stops and shows the arbitration process."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from pgx_base import program, prologue, report, signals
from pgx_base.detach import detach
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.commands import sound
from pgx_mirror.conf import arbitration
from pgx_mirror.conf.load import load_arbiter
from pgx_mirror.conf.place import directory_problems
from pgx_mirror.conf.problem import Unsound, as_failure, errors
from pgx_mirror.conf.settings import ArbiterSettings
from pgx_mirror.core.commands import FENCING
from pgx_mirror.register import control, house
from pgx_mirror.register.control import NotRunning, Silent, ask
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.house import House, open_house
from pgx_mirror.register.keeping import Keeper
from pgx_mirror.register.serving import serve

ENDS_WITHIN = 10.0  # seconds
_PAUSE = 0.02
_SERVES = b"\n"
_HEADER = ("server_id", "host", "status")


def start(name: str, mcdir: str, *, wait: bool) -> int:
    """Start the arbitration process of *mcdir*, and return the exit code.

    All that can be wrong is found before it leaves the terminal.  Raises Unsound, Failure.
    """
    settings = load_arbiter(mcdir)
    for problem in settings.warnings:
        report.show(name, "warning", as_failure(problem), log=False)
    place = settings.arbitration
    _check_program(settings)
    opened = open_house(settings.mcdir, place.my_address, place.port)
    keeper = Keeper(opened.dir_fd, settings.mcdir)
    kept = keeper.begin()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_Process(settings, opened, keeper, kept, writer).run(name))
    os.close(writer)
    if wait and os.read(reader, 1) != _SERVES:
        raise Failure(
            "the arbitration process has ended before it served",
            hint="See the system log.",
        )
    return 0


def _check_program(settings: ArbiterSettings) -> None:
    """Raise Unsound where fencing_command would not be called."""
    path = settings.arbitration.fencing_command
    file = os.path.join(settings.mcdir, arbitration.FILE)
    if path and (found := sound.problems({FENCING: path}, file)):
        raise Unsound(found)


@dataclass(frozen=True, slots=True)
class _Process:
    """What the arbitration process begins with; *writer*: where it says that it serves."""

    settings: ArbiterSettings
    opened: House
    keeper: Keeper
    kept: Kept
    writer: int

    def run(self, name: str) -> int:
        """Leave the terminal and serve; return the exit code."""
        try:
            prologue.ordinary_signals()
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            detach([*self.opened.descriptors(), self.writer])
            house.sign(self.opened)
            self._say()
            serve(self.settings, self.opened, self.keeper, self.kept)
        except BaseException as ex:  # noqa: BLE001  # there is no terminal to tell
            report.to_system_log(name, "error", program.as_failure(ex))
            return 1
        return 0

    def _say(self) -> None:
        try:
            os.write(self.writer, _SERVES)
        except BrokenPipeError:
            pass  # -W: nobody waits
        os.close(self.writer)


def stop(mcdir: str, *, force: bool) -> int:
    """Stop the arbitration process, and return the exit code.  Raises Failure, Unsound."""
    try:
        found = ask(mcdir, control.STOP_ANYHOW if force else control.STOP)
    except NotRunning as ex:
        raise _not_running(mcdir) from ex
    except Silent as ex:
        if not force:
            raise _silent() from ex
        _kill(mcdir)
        return 0
    if not found["stops"]:
        raise Failure(
            f"servers are connected: {', '.join(found['connected'])}",
            detail="Without the arbitration process a silent server leads to no switch.",
            hint="Stop Mirroring Controller on both servers first, or use stop -e.",
        )
    _wait_for_end(mcdir)
    return 0


def status(name: str, mcdir: str, *, as_json: bool) -> int:
    """Print which servers are connected, and return the exit code.  Raises Failure."""
    try:
        found = ask(mcdir, control.STATUS)
    except NotRunning as ex:
        raise _not_running(mcdir) from ex
    except Silent as ex:
        raise _silent() from ex
    report.to_stdout(
        json.dumps(found) if as_json else "\n".join(table(found["servers"]))
    )
    if why := found["trouble"]:
        told = Failure("the arbitration process answers nobody", detail=f"It {why}.")
        report.show(name, "warning", told, log=False)
    return 0


def table(servers: list[dict[str, Any]]) -> list[str]:
    """Return the lines of the table, as wide as its content.  Pure."""
    rows = [_HEADER, *(tuple(str(one[name]) for name in _HEADER) for one in servers)]
    widths = [max(len(row[at]) for row in rows) for at in range(2)]
    lines = [f"{a:<{widths[0]}}    {b:<{widths[1]}}    {c}" for a, b, c in rows]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _not_running(mcdir: str) -> Failure:
    return Failure(
        f"the arbitration process of {quoted(mcdir)} is not running",
        hint="Start it with mc_arb start.",
    )


def _silent() -> Failure:
    return Failure(
        "the arbitration process does not answer",
        detail="It may wait for its disk.",
        hint="mc_arb stop -e ends it by force.",
    )


def _kill(mcdir: str) -> None:
    """End the process that holds the lock; whatever it was doing, its state is whole.

    Who else could write into the directory could name any process there.  Raises Unsound.
    """
    if problems := errors(directory_problems(mcdir)):
        raise Unsound(problems)
    with house.visited(mcdir) as dir_fd:
        who = house.holder(dir_fd)
    if who is not None:
        signals.send_signal(*who, signal.SIGKILL)
    _wait_for_end(mcdir)


def _wait_for_end(mcdir: str) -> None:
    """Wait until it is gone, so that a start may follow.  Raises Failure."""
    until = time.monotonic() + ENDS_WITHIN
    with house.visited(mcdir) as dir_fd:
        while house.is_running(dir_fd):
            if time.monotonic() > until:
                raise Failure(
                    "the arbitration process has not ended",
                    hint="It waits in the kernel, for its disk perhaps.",
                )
            time.sleep(_PAUSE)
