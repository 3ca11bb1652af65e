"""One server as the other, or itself, sees it."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC, Mark
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
    """A server, and the last report heard of it; *silent*: it counts as silent now.

    *beaten*: its mark is a primary's still, and the other's is of a later epoch: it cannot
    write what it hears, as on a dead disk, or is about to.
    """

    server: str
    report: Report | None
    silent: bool
    beaten: bool = False

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
        primary = self.state in (PAIR, ALONE) and not self.awaits_promotion
        return primary and not self.beaten

    @property
    def deposed(self) -> bool:
        """Whether it has lost the pen, by its own mark or by the other's."""
        return self.state == GIVEN or self.beaten

    @property
    def follows(self) -> bool:
        """Whether it says that it is a standby."""
        return self.state in (SYNC, OUT, NEW)
