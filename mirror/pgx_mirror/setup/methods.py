"""How a standby is made: the words of `mc_ctl setup --method`."""

from __future__ import annotations

COPY, REWIND = "copy", "rewind"
METHODS = (COPY, REWIND)
