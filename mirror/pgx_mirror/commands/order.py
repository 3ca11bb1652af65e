"""What is to be called, and what has come of it."""

from __future__ import annotations

from dataclasses import dataclass

# How a call has ended.  UNHEARD: whoever asked is gone, so the program was ended.
DONE, FAILED, TIMED_OUT, NOT_CALLED, UNHEARD = (
    "done",
    "failed",
    "timed out",
    "not called",
    "unheard",
)


@dataclass(frozen=True, slots=True)
class Order:
    """A call of the program *path*, as this OS user.

    arguments  behind its own name
    seconds    how long it may take
    asked      its answer decides something: it is ended with whoever waits for it; any
               other goes on by itself, as long as it may take
    home, user for its environment
    """

    path: str
    arguments: tuple[str, ...]
    seconds: float
    asked: bool
    home: str
    user: str

    def environment(self) -> dict[str, str]:
        """Return all that its environment has: the same, whoever has started us, and where."""
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": self.home,
            "LANG": "C",
            "USER": self.user,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of a call: *how*, a text for people, and its last lines of output.

    why      "" for DONE, else what follows a colon: "exit status 3"
    seconds  how long it took
    """

    how: str
    why: str = ""
    lines: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def told(self) -> str:
        """What the core is told: "" for exit status 0 alone."""
        return f"not called: {self.why}" if self.how == NOT_CALLED else self.why
