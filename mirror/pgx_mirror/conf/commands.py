"""The programs that a server's conf names: which there may be, and for how long.  Pure.

Table 2.6 of the newer manuals: which heartbeat_error_action wants which.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgx_base.text import quoted
from pgx_mirror.conf.parameters import Given
from pgx_mirror.conf.problem import Problem, wrong
from pgx_mirror.conf.rows import COMMAND, FALLBACK
from pgx_mirror.conf.server import Server
from pgx_mirror.core import commands

# heartbeat_error_action: these must be given, and those must not.
_DECIDERS = (commands.FENCING, commands.ARBITRATION)
_REQUIRED = {COMMAND: _DECIDERS}
_FORBIDDEN = {
    COMMAND: (),
    FALLBACK: _DECIDERS,
}
_FORBIDDEN_ELSE = (commands.ARBITRATION,)
_POLICY = "heartbeat_error_action"
_WHY_NOT = (
    "By heartbeat_error_action = {policy} nothing would ever call it, and whoever has set "
    "it counts on it."
)
_OLDER = "post_promote_command"


def programs(server: Server) -> dict[str, str]:
    """Return the path of each program that is given, by the name of its parameter."""
    found = {
        commands.FENCING: server.fencing_command,
        commands.ARBITRATION: server.arbitration_command,
        commands.POST_SWITCH: server.post_switch_command or server.post_promote_command,
        commands.PRE_DETACH: server.pre_detach_command,
        commands.POST_ATTACH: server.post_attach_command,
    }
    return {kind: path for kind, path in found.items() if path}


def seconds(server: Server, kind: str) -> float:
    """Return how long a program of *kind* may take."""
    match kind:
        case commands.FENCING:
            return server.fencing_command_timeout
        case commands.ARBITRATION:
            return server.arbitration_command_timeout
        case _:
            return server.status_transition_command_timeout


def problems(given: Given) -> Iterator[Problem]:
    """Yield what of *given* goes against the table, and what is given twice."""
    policy = str(given.values[_POLICY] or "")
    line = given.at.get(_POLICY, 0)
    for kind in _REQUIRED.get(policy, ()):
        if not given.values[kind]:
            yield wrong(
                line,
                f"heartbeat_error_action is {policy}, and parameter {quoted(kind)} is missing",
                "A server that is silent is taken for dead by arbitration_command's word "
                "alone, and nobody goes on before fencing_command has ended it.",
                "Give both, or another heartbeat_error_action.",
            )
    for kind in _FORBIDDEN.get(policy, _FORBIDDEN_ELSE):
        if given.values[kind]:
            yield wrong(
                given.at[kind],
                f"parameter {quoted(kind)} cannot be used with heartbeat_error_action "
                f"{policy or 'not given'}",
                _WHY_NOT.format(policy=policy or "message, as without one,"),
                "Remove it, or set heartbeat_error_action = command.",
            )
    yield from _twice(given)


def _twice(given: Given) -> Iterator[Problem]:
    values = (given.values[commands.POST_SWITCH], given.values[_OLDER])
    if all(values):
        yield wrong(
            given.at[_OLDER],
            f"parameter {quoted(_OLDER)} is given beside {quoted(commands.POST_SWITCH)}",
            "It is the older name of the same.",
            "Remove it.",
        )
