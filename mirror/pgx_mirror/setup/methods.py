"""How a standby is made: the words of `mc_ctl setup --method`."""

from __future__ import annotations

STREAMING, REWIND, COPY = "streaming", "rewind", "copy"
METHODS = (STREAMING, REWIND, COPY)
CHOSEN = ""  # by setup itself
