"""How a start ends, heard from its controller, or from those that follow it where it dies."""

from __future__ import annotations

import time
from collections.abc import Callable

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.controller import holding, words
from pgx_mirror.controller.asking import Ended, NotRunning, Silent, ask

# Seconds: a controller connects to nobody before, and gives up on a disk that hangs after 60.
TAKES_OVER_WITHIN = 75.0
LOGS = "See the system log, or trace.log in the management directory."
_LIVES = 5  # controllers that are asked, one after the death of another
_PAUSE = 0.2  # seconds: a watcher follows a controller that was to end sooner than that


class Late(Failure):
    """There is a controller, or one is begun again and again, and nobody answers yet."""


def hear(
    mcdir: str,
    server: str,
    question: words.Question,
    tell: Callable[[words.Progress | words.Warned], None],
    within: float = TAKES_OVER_WITHIN,
) -> None:
    """Return once a controller says that it has started.

    One that dies is begun anew by its watcher, and goes on where it was.  *within* so many
    seconds there has to be one that hears, and within 75 s after each death.  Raises
    NotRunning where there is none, Ended where there is none any more, Refused, Late.
    """
    lives, until, died = _LIVES, time.monotonic() + within, False

    def followed() -> None:
        nonlocal died
        if died:  # told only now: its watcher may have been about to end too
            tell(words.Warned(_died()))
        died = False

    while time.monotonic() < until:
        try:
            ask(mcdir, server, question, tell, accepted=followed)
        except Ended:
            died, lives, until = True, lives - 1, time.monotonic() + TAKES_OVER_WITHIN
        except (NotRunning, Silent):
            pass
        else:
            return
        time.sleep(_PAUSE)
        if not holding.is_served(mcdir, server):
            raise NotRunning if lives == _LIVES else _ended()
        if not lives:
            break
    raise _late(server, _LIVES - lives)


def _died() -> Failure:
    return Failure("the controller has ended; the next one is asked")


def _ended() -> Ended:
    return Ended("the controller has ended while it started", hint=LOGS)


def _late(server: str, deaths: int) -> Late:
    died = f"Since it was asked {deaths} controllers have ended. " if deaths else ""
    return Late(
        f"controller of server {quoted(server)} does not answer yet",
        detail=f"{died}It goes on by itself.",
        hint=f"Look again with mc_ctl status. {LOGS}",
    )
