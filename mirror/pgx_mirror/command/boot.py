"""A server started and stopped with the operating system, by mc_ctl as a program of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import chain

from pgx_base import aside, report
from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.idents import Ident
from pgx_base.text import quoted
from pgx_mirror.command.following import Late, hear
from pgx_mirror.command.mc_ctl import BY_STD, PASSES
from pgx_mirror.command.request import START, STOP
from pgx_mirror.command.settings import loaded
from pgx_mirror.command.std_request import Asked
from pgx_mirror.command.telling import done
from pgx_mirror.conf.problem import Unsound
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import holding, words
from pgx_mirror.controller.asking import Ended, NotRunning, Refused
from pgx_mirror.setup import local

PROGRAM = "mc_std"
_PAUSE = (
    1.0  # seconds between two attempts, each of which takes the silence limit itself
)
_TELLS_EACH = 60.0  # seconds
_LOOK_WITHIN = 3.0  # seconds: the data directory's disk may hang
_ENDS_WITHIN = 10.0  # seconds for a controller whose start was refused
_TAKES_BACK_WITHIN = 120.0  # seconds; a stop takes remote_call_timeout, 70 s by default
_CALL_OFF = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _CalledOff(BaseException):
    """The start is not wanted any more: the host is shut down while it waits."""


def start(asked: Asked) -> int:
    """Start it, trying again while that may help; return mc_ctl's exit code."""
    settings = _settings(asked)
    if settings is not None and (code := _if_up(settings)) is not None:
        return code
    heeded = Heeded(_CALL_OFF, _CalledOff)
    attempts = _Attempts(asked, START, _if_up, heeded.waiting)
    try:
        with heeded.ending():
            return attempts.until_decided()
    except _CalledOff:
        attempts.take_back()
        raise Failure(
            "the start was called off, and what it had begun stopped"
        ) from None


def stop(asked: Asked) -> int:
    """Stop it, once another action has ended; return mc_ctl's exit code."""
    settings = _settings(asked)
    if settings is not None and (code := _unless_runs(settings)) is not None:
        return code
    code = _Attempts(asked, STOP, _unless_runs).until_decided()
    if not code or settings is None:
        return code
    ended = _unless_runs(settings)  # while it was asked, by others
    return code if ended is None else ended


class _Attempts:
    """mc_ctl start or stop, as often as it takes.

    done  returns the exit code where nothing is to be done
    held  a block in which no signal is heeded: what it begins is to be known
    """

    def __init__(
        self,
        asked: Asked,
        mode: str,
        done: Callable[[Settings], int | None],
        held: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._asked, self._mode, self._done, self._held = asked, mode, done, held
        self._child: subprocess.Popen[bytes] | None = None
        self._shown = b""

    def until_decided(self) -> int:
        """Return the exit code of the last attempt.  Raises Failure."""
        began = told = time.monotonic()
        code = self._attempt(first=True)
        if code == PASSES and self._asked.wait:
            _tell(f"is tried again for {self._asked.wait:g} s")
        while code == PASSES and time.monotonic() < began + self._asked.wait:
            if (done := self._is_done_later()) is not None:
                return done
            code = self._attempt()
            if code == PASSES and time.monotonic() >= told + _TELLS_EACH:
                told = time.monotonic()
                _tell(f"still waits, since {told - began:.0f} s")
        if code == PASSES and self._asked.wait:
            report.bytes_to_stderr(self._shown)
            _tell(f"gives up after {self._asked.wait:g} s")
        return code

    def _is_done_later(self) -> int | None:
        """Return the exit code where nothing is to be done any more after a pause.

        Who was refused the start before may end only now: that is no stop of anybody's.
        """
        refused = _serving(_settings(self._asked))
        time.sleep(_PAUSE)
        settings = _settings(self._asked)
        if settings is None:
            return None
        refused &= _serving(settings)
        try:
            return self._done(settings)
        except Ended:
            if not refused:
                raise
            return None

    def _attempt(self, *, first: bool = False) -> int:
        """Return the exit code; what is said is shown at once, and a refusal only once."""
        line = self._asked.line(self._mode)
        try:
            # A start has a session of its own: ^C is for us, who take back what was begun.
            with self._held():
                self._child = subprocess.Popen(
                    line,
                    env=os.environ | {BY_STD: "1"},
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    start_new_session=self._mode == START,
                )
        except OSError as ex:
            raise _not_run(self._asked, ex) from ex
        said = self._heard(show=first)
        code = self._child.wait()
        if not first and (code != PASSES or said != self._shown):
            report.bytes_to_stderr(said)
        self._shown = said
        return code if code >= 0 else 1

    def _heard(self, *, show: bool) -> bytes:
        assert self._child is not None and self._child.stderr is not None
        said = b""
        with self._child.stderr as pipe:
            for line in pipe:
                said += line
                if show:
                    report.bytes_to_stderr(line)
        return said

    def take_back(self) -> None:
        """Stop what the present attempt has begun, however far it has come."""
        child, until = self._child, time.monotonic() + _TAKES_BACK_WITHIN
        while child is not None and time.monotonic() < until:
            ended = child.poll() is not None
            stopped = subprocess.run(
                self._asked.line(STOP), stdin=subprocess.DEVNULL, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,  # nor is a second ^C for it
            )  # fmt: skip
            killed = stopped.returncode < 0
            if not stopped.returncode or (ended and not killed):
                return
            time.sleep(0.2)


def _settings(asked: Asked) -> Settings | None:
    """Return the settings, None where mc_ctl will say what is wrong with them."""
    try:
        return loaded(asked.of_mc_ctl)
    except (Failure, Unsound):
        return None


def _where(settings: Settings) -> tuple[str, str]:
    return settings.mcdir, settings.identifier


def _serving(settings: Settings | None) -> set[Ident]:
    """Return who is watcher or controller, each as PID and start time."""
    if settings is None:
        return set()
    held = (holding.holders(*_where(settings), byte) for byte in holding.SERVICE)
    return set(chain.from_iterable(held))


def _is_served(settings: Settings) -> bool:
    return holding.is_served(*_where(settings))


def _is_up(settings: Settings) -> bool:
    """Whether somebody has started it; a start that goes on, or was refused, may end first.

    Raises Failure where its controller has ended meanwhile, as when somebody stops it.
    """
    where, question = _where(settings), words.Question(words.AWAIT)
    until = time.monotonic() + _ENDS_WITHIN
    while _is_served(settings) and time.monotonic() < until:
        try:
            hear(*where, question, lambda said: None, _ENDS_WITHIN)
        except Refused:
            time.sleep(0.1)
        except (NotRunning, Late):
            return False
        else:
            return True
    return False


def _if_up(settings: Settings) -> int | None:
    """Return 0 where somebody has started it."""
    if not _is_up(settings):
        return None
    done(f"controller of server {quoted(settings.identifier)} is running already")
    return 0


def _unless_runs(settings: Settings) -> int | None:
    """Return 0 where nothing of it runs."""
    if _runs(settings):
        return None
    name = quoted(settings.identifier)
    done(f"controller of server {name} is not running: there is nothing to stop")
    return 0


def _runs(settings: Settings) -> bool:
    """Whether a controller runs, or its server without one."""
    data = settings.server.db_instance
    look = aside.ask(lambda: str(local.postmaster(data) or "none"), _LOOK_WITHIN)
    return _is_served(settings) or look != "none"


def _tell(text: str) -> None:
    report.to_stderr(f"{PROGRAM}: {text}")


def _not_run(asked: Asked, ex: OSError) -> Failure:
    return Failure(f"could not run {quoted(asked.program)}: {ex.strerror}")
