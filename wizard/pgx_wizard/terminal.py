"""hvw on a pseudo-terminal: what it prints until it asks, and what is typed."""

from __future__ import annotations

import os
import select
import signal
import time
from types import TracebackType
from typing import IO

import pexpect

from pgx_base.failure import Failure
from pgx_wizard.core.roads.hand import Keys
from pgx_wizard.core.screens.screen import (
    KNOWN_PROMPTS,
    Screen,
    parse,
    plain,
    prompt_of,
)
from pgx_wizard.interruption import Interruption

# A prompt that no manual shows may be the beginning of a longer line.
PAUSE = 0.3
_ROWS, _COLUMNS = 200, 400  # no line is broken, and few lists are paged
_LONGEST_SCREEN = 1 << 20  # characters; a list of 1,000 entries has a tenth of it
_LONGEST_SHOWN = 200


class Ended(Failure):
    """hvw ended where it should have asked."""


class Silent(Failure):
    """hvw asks for nothing: what it draws is not known."""


class Terminal:
    """A running hvw.  As a context it leaves no hvw behind."""

    def __init__(
        self,
        program: str,
        transcript: IO[str],
        patience: float,
        interruption: Interruption,
    ) -> None:
        self.program = program
        self.interruption = interruption
        self.transcript: IO[str] | None = transcript
        self.patience = patience  # seconds
        self.printed = ""
        self.awaited: str | None = ""  # what was typed, until its screen has come
        self.child = _spawn(program)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def read(self) -> Screen:
        """Return the next screen.

        Raises Ended, Interrupted, and Silent where it takes too long.
        """
        deadline = time.monotonic() + self.patience
        while True:
            text = plain(self.printed)
            prompt = prompt_of(text)
            if prompt in KNOWN_PROMPTS:
                return self._screen(text)
            left = deadline - time.monotonic()
            if left <= 0 or len(self.printed) > _LONGEST_SCREEN:
                raise self._silent(text)  # what never stops printing asks for nothing
            if not self._more(min(PAUSE, left) if prompt else left):
                if prompt:
                    return self._screen(text)
                raise self._silent(text)

    def _silent(self, text: str) -> Silent:
        last = text.rpartition("\n")[2].strip()[:_LONGEST_SHOWN]
        return Silent(
            f"hvw asked for nothing within {self.patience:g} s",
            detail=f"Its last line: {last or 'empty'}.",
            hint="Give it more time with --timeout, or see the transcript.",
        )

    def _screen(self, text: str) -> Screen:
        typed, self.printed, self.awaited = self.awaited or "", "", None
        return parse(text, typed)

    def _more(self, seconds: float) -> bool:
        """Read what hvw prints; False after *seconds* without any.  Raises Interrupted."""
        sources = [self.child.child_fd, self.interruption.fileno()]
        ready = select.select(sources, [], [], seconds)[0]
        self.interruption.check()
        if not ready:
            return False
        try:
            text = self.child.read_nonblocking(65536, 0)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF as ex:
            raise Ended(f"hvw ended unexpectedly: {self._how()}") from ex
        assert isinstance(text, str)
        self.printed += text
        self._note_down(text)
        return True

    def _note_down(self, text: str) -> None:
        """Write to the transcript.  Raises Failure once: hvw is left without one then."""
        if self.transcript is None:
            return
        try:
            self.transcript.write(text)
            self.transcript.flush()
        except OSError as ex:
            self.transcript = None
            raise Failure(f"could not write transcript: {ex.strerror}") from ex

    def _how(self) -> str:
        self.child.close()
        if self.child.signalstatus is not None:
            return f"signal {self.child.signalstatus}"
        last = plain(self.printed).strip().rpartition("\n")[2]
        printed = f"; it printed last: {last}" if last else ""
        return f"exit code {self.child.exitstatus}{printed}"

    def type(self, keys: Keys) -> None:
        """Type *keys*.  Raises Ended, and Interrupted with nothing typed."""
        self.interruption.check()
        self.awaited = keys.text
        try:
            self.child.sendline(keys.text)
        except OSError as ex:
            raise Ended(f"hvw ended unexpectedly: {self._how()}") from ex

    def end(self) -> None:
        """End hvw if it still runs: it and what it started share a session of their own."""
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            if not self.child.isalive():
                break
            self._kill(number)
            self._wait_for_end(1.0)
        self.child.close()

    def _kill(self, number: int) -> None:
        assert self.child.pid is not None
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass  # it has just ended

    def _wait_for_end(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.child.isalive() and time.monotonic() < deadline:
            time.sleep(0.01)


def _spawn(program: str) -> pexpect.spawn[str]:
    # English texts, and no colours.
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "TERM": "dumb"}
    try:
        child = pexpect.spawn(
            program,
            encoding="utf-8",
            codec_errors="replace",
            env=environment,
            dimensions=(_ROWS, _COLUMNS),
        )
    except pexpect.ExceptionPexpect as ex:
        raise Failure(
            f"could not start hvw: {program}",
            detail="It is not there, or cannot be executed.",
            hint="Name it with --hvw, or use pgx_wizard steps to do it by hand.",
        ) from ex
    child.delaybeforesend = None  # nothing is typed before hvw asks
    child.delayafterclose = child.delayafterterminate = 0.0
    return child
