"""How long what is waited for, in seconds; `deciding.wake` knows each instant that follows."""

from __future__ import annotations

# For the standby to flush the last of a planned stop.
HANDED_OVER_WITHIN = 5.0
# For a primary to go on without a standby that stops.
LETS_GO_WITHIN = 5.0
# That a start waits for the peer's or the register's word.
ASKS_FOR = 2.0
# Before a standby that has just left is joined again.
AFTER_A_PAIR = 5.0
# Until a register that has decided nothing is asked again.
ASK_AGAIN = 0.1
# Until what has failed (a write, a name, a stop, a promotion) is tried again.
AGAIN = 1.0
# After an arming that was given up, doubled each time, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
# For a proof that commits do not wait, which has a checkpoint in it: nobody waits for it.
PROVED_OFF_WITHIN = 300.0
