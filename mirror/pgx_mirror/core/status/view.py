"""One server as the other, or itself, sees it."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core.mark import ALONE, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import Report


@dataclass(frozen=True, slots=True)
class Silence:
    """What a controller knows of the other's silence beside both reports.

    waits    its own commits wait
    refused  why the other would have been turned away, if it was the one that was
    """

    waits: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A server, and the last report heard of it; *silent*: it counts as silent now."""

    server: str
    report: Report | None
    silent: bool

    @property
    def mark(self) -> Mark | None:
        """The mark last heard of."""
        return self.report.mark if self.report else None

    @property
    def state(self) -> str:
        """The mark's state, empty where no mark is known."""
        return self.mark.state if self.mark else ""

    @property
    def awaits_promotion(self) -> bool:
        """Whether it is a standby that has the pen."""
        return bool(self.report and self.report.standby and self.state == ALONE)

    @property
    def leads(self) -> bool:
        """Whether it says that it is the primary."""
        return self.state in (PAIR, ALONE) and not self.awaits_promotion

    @property
    def follows(self) -> bool:
        """Whether it says that it is a standby."""
        return self.state in (SYNC, OUT, NEW)
