"""The register's one cell: where an epoch is decided when the peer is silent."""

from __future__ import annotations

from dataclasses import dataclass

PAIR, ALONE = "PAIR", "ALONE"


@dataclass(frozen=True, slots=True)
class Cell:
    """Epoch, PAIR or ALONE, and the server identifier of who wrote it."""

    epoch: int
    state: str
    who: str


def won(cell: Cell | None, epoch: int, who: str) -> Cell | None:
    """Return the cell after *who* asked for *epoch*'s pen by compare-and-set, None if refused."""
    if cell is None or (cell.epoch, cell.state) != (epoch, PAIR):
        return None
    return Cell(epoch + 1, ALONE, who)


def lifted(cell: Cell | None, to: Cell) -> Cell | None:
    """Return the cell after a holder's word *to*, None if it is not higher.

    An empty register accepts nothing but an enrolment by both servers.
    """
    return to if cell is not None and to.epoch > cell.epoch else None
