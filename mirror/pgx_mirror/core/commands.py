"""The programs of the configuration that a controller calls: kinds, and their arguments.

A kind is its parameter's own name in serverIdentifier.conf.  Newer manuals' Appendix C.
"""

from __future__ import annotations

from pgx_mirror.core.effects import RunCommand

FENCING, ARBITRATION = "fencing_command", "arbitration_command"
POST_SWITCH, PRE_DETACH, POST_ATTACH = (
    "post_switch_command",
    "pre_detach_command",
    "post_attach_command",
)
KINDS = (FENCING, ARBITRATION, POST_SWITCH, PRE_DETACH, POST_ATTACH)

# executionMode: an error was found, or an operator has asked; mcDegradationOper.
BY_MONITOR, BY_COMMAND = "monitor", "command"
TO_SWITCH, TO_DETACH = "switch", "detach"
# serverRole.
PRIMARY, STANDBY = "primary", "standby"

_CENTER = "primarycenter"  # the other one is for disaster recovery, which we have not


def resource(kind: str) -> str:
    """Return what is busy while a program of *kind* runs."""
    return f"command {kind}"


def fencing(mode: str, operation: str, me: str, other: str) -> RunCommand:
    """Return the call of fencing_command by *me*, about *other*.  C.1."""
    return RunCommand(FENCING, (mode, operation, me, other, _CENTER))


def arbitration(me: str, other: str) -> RunCommand:
    """Return the call of arbitration_command by *me*, about *other*.  C.2."""
    return RunCommand(ARBITRATION, (me, other, _CENTER))


def post_switch(me: str) -> RunCommand:
    """Return the call of post_switch_command by *me*, the new primary.  C.3.1."""
    return RunCommand(POST_SWITCH, (me, _CENTER))


def pre_detach(me: str, role: str, other: str) -> RunCommand:
    """Return the call of pre_detach_command by *me*, which has *role*.  C.3.2."""
    return RunCommand(PRE_DETACH, (me, role, other, _CENTER))


def post_attach(me: str, role: str, other: str) -> RunCommand:
    """Return the call of post_attach_command by *me*, which has *role*.  C.3.3."""
    return RunCommand(POST_ATTACH, (me, role, other, _CENTER))
