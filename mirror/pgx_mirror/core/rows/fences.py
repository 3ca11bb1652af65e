"""When the other server is asked about, and ended."""

from __future__ import annotations

from pgx_mirror.core import commands
from pgx_mirror.core.known import fencing
from pgx_mirror.core.rows.row import Row

ARBITRATIONS = (
    Row(
        "asks arbitration_command",
        fencing.is_to_arbitrate,
        lambda f, _: commands.arbitration(f.terms.me, f.terms.other),
        "policy command: a silent peer may be well, and a network may not",
    ),
)

FENCES = (
    Row(
        "fences",
        fencing.is_to_fence,
        fencing.call,
        "it was met in this life and epoch, or an operator says that it is off",
    ),
)
