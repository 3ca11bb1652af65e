"""The arbiter's fencing_command: called by a hand, while everybody else is answered."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pgx_mirror.commands import calling, telling
from pgx_mirror.commands.order import DONE, Order
from pgx_mirror.conf.arbitration import Arbitration
from pgx_mirror.core.commands import BY_MONITOR, FENCING
from pgx_mirror.hands.line import Ended
from pgx_mirror.hands.staff import Staff

_WORK = "fence"


@dataclass(frozen=True, slots=True)
class Program:
    """What is called: "" where there is none; as whom."""

    path: str
    seconds: float
    home: str
    user: str


def program(values: Arbitration) -> Program:
    """Return what *values* name, as whoever runs this."""
    me = os.geteuid()
    try:
        who = pwd.getpwuid(me)
        home, user = who.pw_dir, who.pw_name
    except KeyError:
        home, user = "/", str(me)
    return Program(values.fencing_command, values.fencing_command_timeout, home, user)


class Fencing:
    """Calls *program*, and has *log* told of it."""

    def __init__(self, program: Program, log: Callable[..., object]) -> None:
        self._program, self._log = program, log
        self._staff = Staff(frozenset())

    @property
    def is_there(self) -> bool:
        """Whether there is a program to call."""
        return bool(self._program.path)

    def fds(self) -> list[int]:
        """Return what becomes readable once a call has ended."""
        return self._staff.fds()

    def begin(self, operation: str, target: str) -> None:
        """Call it for *operation*, to end *target*.  C.1: three arguments on the arbiter."""
        what, words = self._program, (BY_MONITOR, operation, target)
        order = Order(what.path, words, what.seconds, True, what.home, what.user)
        self._tell(telling.begun(FENCING, order))
        self._staff.begin_lasting(_WORK, calling.call, order)

    def hear(self, ready: dict[int, int]) -> Iterator[bool]:
        """Yield, for a call that has ended, whether it has ended its target."""
        for _, said in self._staff.hear(ready):
            if isinstance(said, Ended):
                outcome = telling.outcome(said)
                for news in telling.ended(FENCING, self._program.path, outcome):
                    self._tell(news)
                yield outcome.how == DONE

    def close(self) -> None:
        """End a call that runs: nobody would hear of its end."""
        self._staff.end_all()

    def _tell(self, news: telling.News) -> None:
        message, parameters = news
        self._log(message, **parameters)
