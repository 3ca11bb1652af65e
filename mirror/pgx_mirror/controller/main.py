"""mc_main: the resident program of one server, its controller, which begins its watcher.

Started by mc_ctl start.  Holds a lock in the management directory and one in the data
directory, so that neither a second controller nor a hand of an earlier one is at work.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from pgx_base import detach, program, prologue, report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.trace import Trace
from pgx_mirror.conf.load import load
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import directory_lock, ending, holding, options, work
from pgx_mirror.controller import kept as keeping
from pgx_mirror.controller.kept import Kept
from pgx_mirror.controller.options import Options
from pgx_mirror.controller.telling import TRACE_KB
from pgx_mirror.controller.watched import Watched, Watching
from pgx_mirror.controller.words import Answer, Refused, answer
from pgx_mirror.core.facts import REST, RUN
from pgx_mirror.data import steps, unrestored
from pgx_mirror.hands.line import Several
from pgx_postgres import control

PROGRAM = "mc_main"
_MAKE_IT = "Make it a standby's with mc_ctl setup, or see that its disk is mounted."
_LOCK_WITHIN = 60.0  # seconds that hands of an earlier controller have to end
# Seconds: once they have, the data directory's is held by another server's controller, or
# for as long as the kernel takes to close the last descriptor of ours.
_DIRECTORY_WITHIN = 2.0


def run(words: list[str]) -> int:
    """Work until an operator ends it, detached.  Raises Failure for the caller's eyes."""
    given = options.parse(words)
    return _go_on(given) if given.again else _begin(given)


def _begin(given: Options) -> int:
    """Be the first controller, which mc_ctl has started."""
    settings = load(given.mcdir, given.server)
    take = partial(holding.take, settings.mcdir, settings.identifier, holding.WATCHER)
    lock_fd = take()
    holding.check_free(settings.mcdir, settings.identifier, holding.SETUP)
    detach.detach([fd for fd in (lock_fd, given.started_by) if fd >= 0])
    settings_fd = _written(settings)
    watching = Watching(given.lasting(), settings_fd, take, settings.silence)
    watched = Watched(watching, _first(given), -1, lock_fd)
    _control(settings, watched, FirstWord(given.started_by), given)
    return 0


def _go_on(given: Options) -> int:
    """Be a controller that a watcher has begun, after one that has died."""
    lock_fd, settings_fd, pipe_fd = given.again
    with open(settings_fd, "rb", closefd=False) as file:
        file.seek(0)
        settings: Settings = pickle.load(file)  # noqa: S301  # a controller's, in memory
    for fd in given.again:
        os.set_inheritable(fd, False)
    take = partial(holding.take, settings.mcdir, settings.identifier, holding.WATCHER)
    watching = Watching(given.lasting(), settings_fd, take, settings.silence)
    kept = keeping.again(given.kept, given.why, _first(given))
    watched = Watched(watching, kept, pipe_fd, lock_fd)
    # Hands of the one before: their locks name them, so that nobody else is meant.
    ending.end(settings.mcdir, settings.identifier, (holding.CONTROLLER,))
    _control(settings, watched, FirstWord(-1), given)
    return 0


def _first(given: Options) -> Kept:
    return Kept(given.failover, REST if given.mc_only else RUN)


def _written(settings: Settings) -> int:
    """Return a descriptor of memory that holds *settings*, the secret among them."""
    fd = os.memfd_create("settings")
    with open(fd, "wb", closefd=False) as file:
        pickle.dump(settings, file)
    return fd


class FirstWord:
    """What mc_ctl waits for on descriptor *fd*: that we have taken over, or why not."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def say(self, said: Answer) -> None:
        """Say it, once."""
        if self._fd >= 0:
            with suppress(OSError):
                os.write(self._fd, answer(said))
            self.close()

    def close(self) -> None:
        """Say nothing more."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def _control(
    settings: Settings, watched: Watched, first: FirstWord, given: Options
) -> None:
    """Be the controller.

    Where the first one cannot begin it says so, and is not begun anew.
    """
    try:
        held = _held(settings)
        work.control(settings, watched, held, first, as_primary=given.as_primary)
        watched.over()
    except Failure as ex:
        first.say(Refused(ex.reasons if isinstance(ex, Several) else (ex,)))
        report.to_system_log(PROGRAM, "error", ex)
        if given.again:
            raise
    except Exception as ex:
        # Nobody reads a traceback of a daemon; the watcher begins another controller.
        lines = "".join(traceback.format_exception(ex))
        Trace(settings.mcdir, TRACE_KB, PROGRAM).write(lines)
        report.to_system_log(PROGRAM, "error", program.as_failure(ex))
        raise


def _held(settings: Settings) -> work.Held:
    """Open the data directory, and take both locks.  Raises Failure."""
    path = settings.server.db_instance
    try:
        dir_fd = steps.open_directory(path)
    except OSError as ex:
        raise Failure(
            f"could not open data directory {quoted(path)}: {ex.strerror}",
            hint=_MAKE_IT,
        ) from ex
    return work.Held(frozenset({_own_lock(settings), _data_lock(dir_fd, path)}), dir_fd)


def _own_lock(settings: Settings) -> int:
    return _within(
        lambda: holding.take(settings.mcdir, settings.identifier, holding.CONTROLLER),
        _LOCK_WITHIN,
    )


def _data_lock(dir_fd: int, directory: str) -> int:
    """Lock the data directory against a controller of another management directory."""
    # Nothing is made in an empty directory: setup takes one that is not empty for another's.
    _check_instance(directory)
    fd = directory_lock.opened(dir_fd, directory)
    taken = _within(lambda: directory_lock.take(fd, directory), _DIRECTORY_WITHIN)
    unrestored.check(directory)  # who begins to restore looks for this lock afterwards
    return taken


def _check_instance(directory: str) -> None:
    unrestored.check(directory)
    try:
        control.read_major(directory)
    except control.NoInstance as ex:
        raise Failure(ex.primary, detail=ex.detail, hint=_MAKE_IT) from ex


def _within(take: Callable[[], int], seconds: float) -> int:
    """Take a lock, for which the hands of an earlier controller are waited for."""
    until = time.monotonic() + seconds
    while True:
        try:
            return take()
        except Failure:
            if time.monotonic() >= until:
                raise
        time.sleep(0.05)


def main() -> None:
    """Run, and leave without Python's own tidying up."""
    prologue.first_statements(keep_descriptors=True)
    os._exit(program.exit_code(PROGRAM, lambda: run(sys.argv[1:])))
