"""Whose children are which processes?"""

from __future__ import annotations

import os

from pgx_base import proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def of(pid: int, *, threads: bool = False) -> list[int]:
    """Return the children of *pid*, dead ones too, from the kernel's list if it keeps one.

    With *threads* also what other threads of it have begun.
    """
    found = listed(pid, threads=threads)
    if found is not None:
        return found
    return [one for one in proc.pids() if parent(one) == pid]


def listed(pid: int, *, threads: bool = False) -> list[int] | None:
    """Return the children of *pid* by the kernel's list, None when it cannot be read."""
    own = _begun_by(pid, str(pid))
    if own is None or not threads:
        return own
    try:
        others = [one for one in os.listdir(f"/proc/{pid}/task") if one != str(pid)]
    except OSError:
        return own
    return own + [child for one in others for child in _begun_by(pid, one) or ()]


def by_parent(there: Mapping[int, tuple[str, int, int]]) -> dict[int, list[int]]:
    """Return the children of each process in *there* (state, parent, start by PID)."""
    found: dict[int, list[int]] = {}
    for pid, (_, parent, _) in there.items():
        found.setdefault(parent, []).append(pid)
    return found


def _begun_by(pid: int, thread: str) -> list[int] | None:
    try:
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return None


def parent(pid: int) -> int:
    """Return the parent of *pid*, 0 when it is gone."""
    stat = proc.read_stat(pid)
    return stat[1] if stat is not None else 0
