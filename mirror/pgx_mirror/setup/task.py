"""What mc_ctl setup is asked for, whom it tells, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.setup.methods import CHOSEN
from pgx_mirror.setup.source import Source


class Refused(Exception):
    """All reasons why nothing was begun."""

    def __init__(self, reasons: list[Failure]) -> None:
        super().__init__()
        self.reasons = reasons


class Teller(Protocol):
    """Who hears what is done."""

    def say(self, text: str) -> None:
        """Hear of progress."""

    def warn(self, what: Failure) -> None:
        """Hear of what does no harm yet."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made: server *server*'s *data* from *source*, which is server *peer*.

    database  what a session with the primary is opened in
    one_host  both servers are on this host
    method    one of METHODS, or CHOSEN
    command   what restores a backup, by its words, where the method is a command
    backups   backup_destination, empty where there is none
    """

    mcdir: str
    server: str
    peer: str
    data: str
    source: Source
    database: str
    one_host: bool
    method: str = CHOSEN
    command: tuple[str, ...] = ()
    backups: str = ""


def cannot(task: Task, why: str) -> Failure:
    """Return what is said where the method that was asked for cannot do."""
    return Failure(
        f"data directory {quoted(task.data)} cannot become a standby's"
        f" by {quoted(f'--method={task.method}')}",
        detail=f"{why[0].upper()}{why[1:]}.",
        hint="Leave out --method: what can do is chosen.",
    )
