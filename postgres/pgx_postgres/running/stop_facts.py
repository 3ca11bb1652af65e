"""By what a stop has decided, for the programs that read trace.log."""

from __future__ import annotations

from pgx_base.trace import facts
from pgx_postgres.running.core.ladder import Look, Rung, Step


def step(look: Look, todo: Step, rung: Rung, now: float) -> str:
    """Return the line for *todo*, *now* seconds after the stop has begun."""
    return facts(
        "stop",
        step=type(todo).__name__,
        because=getattr(todo, "because", ""),
        rung=rung,
        seconds=f"{now:.3f}",
        postmasters=look.postmasters,
        left=look.left,
        unkilled=look.unkilled,
        denied=look.denied,
        mute=look.mute,
        holders=",".join(f"{holder.role}:{holder.pid}" for holder in look.holders),
        quiet_for=f"{look.quiet_for:.1f}",
        stuck_for=f"{look.stuck_for:.1f}",
        hung_for=f"{look.hung_for:.1f}",
        checkpointer_idle=look.checkpointer_idle,
    )


def in_words(rung: Rung, now: float, left: int) -> str:
    """Return the same as `end` for people."""
    what = f"{left} processes are" if left else "nothing is"
    how = "" if rung == "nothing" else f", stopped by {rung}"
    return f"after {now:.1f} s {what} left{how}"


def end(rung: Rung, now: float, looks: int, passes: int, left: int) -> str:
    """Return the line for the end of a stop: how far it went, and how often it looked.

    *passes* are looks at all of /proc.
    """
    return facts(
        "stopped",
        rung=rung,
        seconds=f"{now:.3f}",
        looks=looks,
        passes=passes,
        left=left,
    )
