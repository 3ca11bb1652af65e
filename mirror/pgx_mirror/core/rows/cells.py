"""What the register is told, and asked."""

from __future__ import annotations

from pgx_mirror.core.effects import AskForPen, Lift
from pgx_mirror.core.known import basics, primary, register, standby
from pgx_mirror.core.mark import PAIR, SYNC
from pgx_mirror.core.rows.row import Row

CELLS = (
    Row(
        "lifts",
        lambda f, _: register.to_lift(f) is not None,
        lambda f, _: Lift(register.to_lift(f)),  # type: ignore[arg-type]
        "a holder's epoch is made known where the other would ask",
    ),
    Row(
        "asks for the pen",
        lambda f, n: (
            basics.is_in(f, PAIR, SYNC)
            and register.has_open_epoch(f)
            and n >= f.ask_at
            and (primary.primary_wants(f, n) or standby.takes_over(f, n))
            and not primary.deposed_by(f)
        ),
        lambda f, _: AskForPen(basics.mark(f).epoch),
        "the peer is silent: by compare-and-set one of the two goes on",
    ),
)
