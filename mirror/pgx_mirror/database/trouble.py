"""Why a question to a server came to nothing: three ways, told apart by type."""

from __future__ import annotations


class Trouble(Exception):
    """A question to a server that came to nothing; *text* is for people."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.text,)


class Refused(Trouble):
    """The server has answered with an error, whose code is *sqlstate*."""

    def __init__(self, sqlstate: str, text: str) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate

    def __str__(self) -> str:
        return f"{self.text} (SQLSTATE {self.sqlstate})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.sqlstate, self.text)


class TooLate(Trouble):
    """There was no answer within the time given: nobody knows what became of it."""


class Lost(Trouble):
    """Nobody is there to ask, or the connection broke: what was asked may have been done."""


class Unproven(Trouble):
    """The server has answered, and the answer is not the one that proves something."""
