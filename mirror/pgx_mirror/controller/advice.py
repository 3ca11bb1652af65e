"""What mc_ctl is warned of beside its answer.  Pure."""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_base.text import quoted


def undecided(seconds: float) -> Failure:
    """Return that a start goes on, though whoever waits for its decision is let go."""
    return Failure(
        f"it is not decided within {seconds:g} s whether the instance may run",
        hint="The system log will tell; mc_ctl status shows what it waits for.",
    )


def unheard(server: str, what: str) -> Failure:
    """Return that *server*, whose word it is as well, has *what*: it was not told."""
    return Failure(
        f"server {quoted(server)} {what}: its controller is not connected",
        hint="Run the same command there too.",
    )


def takes_over(server: str) -> Failure:
    """Return that a stop of the primary is a switch to *server*."""
    return Failure(
        f"server {quoted(server)} takes over: automatic switch is enabled",
        detail="This server is then to be made a standby anew, by mc_ctl setup.",
        hint="To stop without a switch: mc_ctl stop -a for both servers, or mc_ctl"
        " disable-failover before the stop of this one, and enable-failover after its start.",
    )


def waited_for(server: str) -> Failure:
    """Return that commits of the primary *server* wait once this standby is stopped."""
    return Failure(
        f"controller of server {quoted(server)} does not answer, and nobody else takes this"
        " standby's name out",
        detail="If the instance there runs, its commits wait from now on.",
        hint=f"Start that controller (mc_ctl start on server {quoted(server)}): it then lets"
        " them pass.",
    )


def mute(which: str, limit: float) -> Failure:
    """Return that *which* settings leave an idle stream mute for longer than *limit* seconds."""
    return Failure(
        f"an idle WAL stream is no sign of life within {limit:g} s",
        detail=f"{which}.",
        hint="Set these on both servers, as docs/pair_administrators.md says, and reload:"
        " else an idle pair may switch or disconnect for nothing when the admin network"
        " alone is cut.",
    )
