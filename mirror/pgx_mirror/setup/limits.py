"""Settings of which a standby needs at least as much as its primary, or it does not start."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from pgx_base.failure import Failure
from pgx_mirror.core.seen import LIMITS
from pgx_mirror.setup import programs
from pgx_mirror.setup.would_have import Place


def compare(
    data: str, binaries: str, primary: tuple[int, ...], warn: Callable[[Failure], None]
) -> None:
    """Warn of each setting of the data directory that is less than the primary's."""
    place = Place(binaries, data)
    each = programs.run_all(map(place.line, LIMITS))
    for name, wanted, said in zip(LIMITS, primary, each, strict=True):
        has = _number(said)
        if has is not None and has < wanted:
            warn(
                Failure(
                    f"{name} of this server is {has}, and the primary's {wanted}",
                    detail="A standby with less than its primary does not start.",
                    hint=f"Set {name} in postgresql.conf before mc_ctl start.",
                )
            )


def _number(said: subprocess.CompletedProcess[str]) -> int | None:
    """Return what a server would have, None where it does not say."""
    text = said.stdout.strip()
    return int(text) if said.returncode == 0 and text.isdecimal() else None
