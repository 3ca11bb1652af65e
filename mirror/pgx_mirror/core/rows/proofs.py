"""Which proof an arming wants."""

from __future__ import annotations

from pgx_mirror.core.effects import ProveOff, ProveOn
from pgx_mirror.core.facts import PROVING_OFF, PROVING_ON
from pgx_mirror.core.known import names
from pgx_mirror.core.report import NAMES_OUT
from pgx_mirror.core.rows.row import Row

PROOFS = (
    Row(
        "proves off",
        lambda f, _: (
            f.arming is not None
            and f.arming.stage == PROVING_OFF
            and names.are(f, NAMES_OUT)
        ),
        lambda f, _: ProveOff(),
        "nothing older than this arming may be on its way",
    ),
    Row(
        "proves on",
        lambda f, _: f.arming is not None and f.arming.stage == PROVING_ON,
        lambda f, _: ProveOn(),
        "a commit that is seen waiting, since neither SHOW nor sync_state proves anything",
    ),
)
