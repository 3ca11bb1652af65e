"""mc_ctl start: launches mc_main, which detaches, and hears whether the instance may run."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command.acting import check_policy
from pgx_mirror.command.following import LOGS, TAKES_OVER_WITHIN, hear
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import check_surroundings, loaded
from pgx_mirror.command.telling import done, tell
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import ending, holding, words
from pgx_mirror.controller.asking import NotRunning, Refused
from pgx_mirror.controller.options import Options
from pgx_mirror.setup import unfinished

MAIN = "mc_main"
ENDS_WITHIN = 3.0  # seconds for a controller that has refused its start
_PAUSE = 0.02
_LONGEST = 1 << 16
# Asked now: a relative path is found from the directory of the call alone.
_PROGRAMS = os.path.dirname(os.path.realpath(sys.argv[0]))


class _AlreadyTold(Exception):
    """mc_main has said on stderr why it does not start."""


def start(asked: Request) -> int:
    """Start a controller, and return the exit code.

    Without -w that is as soon as it is decided whether the instance may run; -W waits for
    nothing but that the controller has taken over, and what is said then is in the system
    log.  Raises Failure, Refused, Unsound.
    """
    settings = loaded(asked, warnings=True)
    mcdir, server = settings.mcdir, settings.identifier
    if "-f" in asked.flags:
        check_policy(settings, "start -f")
    check_surroundings(settings)
    holding.check_free(mcdir, server, *holding.SERVICE, holding.SETUP)
    unfinished.check(mcdir, server, settings.server.db_instance)
    try:
        _begin(settings, asked.flags)
    except _AlreadyTold:
        return 1
    except Refused:
        _wait_for_end(mcdir, server)
        raise
    done(f"controller of server {quoted(server)} started")
    return 0


def _begin(settings: Settings, flags: frozenset[str]) -> None:
    """Launch a controller, and wait for its decision where that is asked for."""
    _launch(settings, flags)
    if "-W" not in flags:
        _wait(settings, to_its_end="-w" in flags)


def _launch(settings: Settings, flags: frozenset[str]) -> None:
    reader, writer = os.pipe()
    options = Options(
        settings.mcdir,
        settings.identifier,
        "-f" in flags,
        "--mc-only" in flags,
        "--as-primary" in flags,
        writer,
    )
    path = os.path.join(_PROGRAMS, MAIN)
    try:
        child = subprocess.Popen(
            [path, *options.line()],
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as ex:
        raise Failure(f"could not run {quoted(path)}: {ex.strerror}") from ex
    finally:
        os.close(writer)
    try:
        heard = _first_word(reader)
        if heard is None:
            raise given_up(settings.mcdir, settings.identifier, child)
        _judge(heard, child)
    finally:
        os.close(reader)


def _first_word(reader: int) -> bytes | None:
    """Return mc_main's line, empty where it has ended without, None where it says nothing."""
    until, heard = time.monotonic() + TAKES_OVER_WITHIN, b""
    while not heard.endswith(b"\n") and len(heard) < _LONGEST:
        left = max(0.0, until - time.monotonic())
        if not select.select([reader], [], [], left)[0]:
            return None
        data = os.read(reader, 4096)
        if not data:
            return b""
        heard += data
    return heard


def given_up(mcdir: str, server: str, child: subprocess.Popen[bytes]) -> Failure:
    """End what was started here, which nobody waits for any more, and return what is said.

    Nobody held a lock of the service before, so that whoever does now is of this start.
    """
    detail = f"It was started {TAKES_OVER_WITHIN:.0f} s ago and has said nothing."
    hint = LOGS
    try:
        if child.poll() is None:
            child.kill()  # not even detached: it may not have got so far as to a lock
        else:
            ending.end(mcdir, server, holding.SERVICE)
    except Failure as ex:
        detail = f"{detail} {ex.primary[0].upper()}{ex.primary[1:]}. {ex.detail}"
    else:
        detail = f"{detail} It has been ended."
    return Failure("the controller has not taken over", detail=detail, hint=hint)


def _judge(heard: bytes, child: subprocess.Popen[bytes]) -> None:
    """Return when the controller has taken over.  Raises Failure, Refused, _AlreadyTold."""
    if not heard:
        if child.wait(TAKES_OVER_WITHIN):
            raise _AlreadyTold
        raise Failure(
            "the controller has ended before it took over",
            hint=LOGS,
        )
    match words.answered(heard):
        case words.Accepted():
            return
        case words.Refused(reasons):
            raise Refused(reasons)
        case _:
            raise Failure("could not understand what mc_main says")


def _wait(settings: Settings, *, to_its_end: bool) -> None:
    options = frozenset[str]() if to_its_end else frozenset({words.BRIEFLY})
    question = words.Question(words.AWAIT, options)
    try:
        hear(settings.mcdir, settings.identifier, question, tell)
    except NotRunning as ex:
        raise Failure("the controller has ended while it started", hint=LOGS) from ex


def _wait_for_end(mcdir: str, server: str) -> None:
    """Let a controller end whose instance may not run, so that mc_ctl setup may follow.

    One whose instance runs, though the start has failed, goes on.
    """
    until = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < until:
        if not holding.is_served(mcdir, server):
            return
        time.sleep(_PAUSE)
