"""Settings of which a standby needs at least as much as its primary, or it does not start."""

from __future__ import annotations

from collections.abc import Callable

from pgx_base.failure import Failure
from pgx_mirror.core.seen import LIMITS
from pgx_mirror.setup import programs


def compare(
    data: str, binaries: str, primary: tuple[int, ...], warn: Callable[[Failure], None]
) -> None:
    """Warn of each setting of the data directory that is less than the primary's."""
    for name, wanted in zip(LIMITS, primary, strict=True):
        has = _setting(data, binaries, name)
        if has is not None and has < wanted:
            warn(
                Failure(
                    f"{name} of this server is {has}, and the primary's {wanted}",
                    detail="A standby with less than its primary does not start.",
                    hint=f"Set {name} in postgresql.conf before mc_ctl start.",
                )
            )


def _setting(data: str, binaries: str, name: str) -> int | None:
    """Return what a server would have, None where it does not say."""
    said = programs.run([f"{binaries}/postgres", "-D", data, "-C", name])
    text = said.stdout.strip()
    return int(text) if said.returncode == 0 and text.isdecimal() else None
