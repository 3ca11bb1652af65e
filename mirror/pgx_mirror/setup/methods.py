"""How a standby is made: the words of `mc_ctl setup --method`."""

from __future__ import annotations

STREAMING, REWIND, COPY, COMMAND = "streaming", "rewind", "copy", "command"
METHODS = (STREAMING, REWIND, COPY, COMMAND)
ANEW = (COPY, COMMAND)  # nothing of what was there is kept, and nothing is compared
CHOSEN = ""  # by setup itself
