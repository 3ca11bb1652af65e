"""Whether what hvw prints tells of trouble: its messages are not known, some words are.

Pure.
"""

from __future__ import annotations

import re

TROUBLE = re.compile(
    r"\b(error|errors|failed|failure|fails|cannot|could not|unable|abort(ed)?|denied|invalid|"
    r"not consistent|inconsistent)\b",
    re.IGNORECASE,
)
# "0 errors" and the like are none.
_NONE = re.compile(r"\b(no|0|without)\s+(errors?|failures?)\b", re.IGNORECASE)


def troubled(said: tuple[str, ...]) -> bool:
    """Whether one of the lines *said* tells of trouble."""
    return any(TROUBLE.search(_NONE.sub("", line)) for line in said)
