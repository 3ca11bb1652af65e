"""Who looks before anything is done: the worker of pgx_online, or a look that does nothing."""

from __future__ import annotations

from pgx_base.light.typing import Protocol
from pgx_pclrsc.core.definition import ResourceDefinition


class Looker(Protocol):
    """What a look goes by, and whom it tells what is odd."""

    definition: ResourceDefinition
    root: str
    dir_fd: int

    def note(self, text: str) -> None:
        """Take down *text*, for whoever wants to know more."""

    def warn(
        self, primary: str, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        """Take a warning."""
