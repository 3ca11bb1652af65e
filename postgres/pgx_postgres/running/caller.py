"""What whoever starts or stops an instance brings to it."""

from __future__ import annotations

from pgx_base.light.typing import Protocol


class Caller(Protocol):
    """A script of the agent, or anybody else: heard of what is done, and waited by."""

    def say(self, text: str) -> None:
        """Report progress to whoever looks on."""

    def warn(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        """Show a warning, in PostgreSQL's form."""

    def phase(self, text: str) -> None:
        """Say what is being done, to be named should it never end."""

    def note(self, text: str) -> None:
        """Keep *text* for those who look later."""

    def wait(self, fds: list[int], seconds: float) -> list[int]:
        """Return those of *fds* that become readable within *seconds*.

        Raises whatever the caller wants to be ended by.
        """
