"""Versions of PostgreSQL on which a pair is safe."""

from __future__ import annotations

# Older ones acknowledge commits right after a start, before the checkpointer has read the
# names (the protocol's section 7).
_LEAST = {13: 21, 14: 18, 15: 13, 16: 9, 17: 5}


def too_old(version: int) -> str:
    """Return what is wrong with *version* (such as 150018), nothing where it is not known."""
    major, minor = divmod(version, 10000)
    least = _LEAST.get(major, 0)
    if not version or (major >= min(_LEAST) and minor >= least):
        return ""
    if not least:
        return f"PostgreSQL {major} is too old for a pair"
    return (
        f"PostgreSQL {major}.{minor} can acknowledge commits right after a start, "
        f"before it has read whom they wait for; {major}.{least} does not"
    )
