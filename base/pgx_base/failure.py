"""The one way in which something is reported as wrong.  Imports nothing, as pure code uses it."""

from __future__ import annotations


class Failure(Exception):
    """A reason that people can act on: *primary* line, *detail* (facts), *hint* (advice)."""

    def __init__(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(primary)
        self.primary = primary
        self.detail = detail
        self.hint = hint


class Passing(Failure):
    """A reason that may be gone by itself in a while: whoever can wait may try again."""
