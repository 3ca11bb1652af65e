"""The table: what is to be done, for each thing that can be changed, first match wins.

It goes by facts alone, never by what was done before: so a controller that was killed at
any step goes on from what is durable.  docs/pair.md prints it.
"""

from __future__ import annotations

from pgx_mirror.core.facts import BEARS, CONF, MARK, PROOF, REGISTER, SERVER, Facts
from pgx_mirror.core.known import fencing, notices
from pgx_mirror.core.rows import cells, conf, fences, marks, proofs, servers
from pgx_mirror.core.rows import notices as rows
from pgx_mirror.core.rows.row import Row

TABLE: dict[str, tuple[Row, ...]] = {
    MARK: marks.MARKS,
    CONF: conf.NAMES,
    SERVER: servers.SERVERS,
    REGISTER: cells.CELLS,
    BEARS: conf.BORNE,
    PROOF: proofs.PROOFS,
    fencing.ARBITRATION: fences.ARBITRATIONS,
    fencing.FENCING: fences.FENCES,
    notices.PRE_DETACH: rows.PRE_DETACHES,
    notices.POST_ATTACH: rows.POST_ATTACHES,
    notices.POST_SWITCH: rows.POST_SWITCHES,
}


def matching(facts: Facts, resource: str, now: float) -> Row | None:
    """Return the first row for *resource* that holds, None where nothing is to be done."""
    return next((row for row in TABLE[resource] if row.when(facts, now)), None)
