"""Programs of the configuration, as the core has them: arguments, one of a kind at a time."""

from __future__ import annotations

import pytest

from pgx_mirror.core import commands
from pgx_mirror.core.deciding.learn import learn
from pgx_mirror.core.effects import RunCommand
from pgx_mirror.core.events import CommandEnded
from pgx_mirror.core.facts import Facts, Terms

CALLS = [
    (
        commands.fencing(commands.BY_MONITOR, commands.TO_SWITCH, "one", "two"),
        ("fencing_command", "monitor switch one two primarycenter"),
    ),
    (
        commands.arbitration("one", "two"),
        ("arbitration_command", "one two primarycenter"),
    ),
    (commands.post_switch("one"), ("post_switch_command", "one primarycenter")),
    (
        commands.pre_detach("one", commands.PRIMARY, "two"),
        ("pre_detach_command", "one primary two primarycenter"),
    ),
    (
        commands.post_attach("one", commands.STANDBY, "two"),
        ("post_attach_command", "one standby two primarycenter"),
    ),
]


@pytest.mark.parametrize(("call", "told"), CALLS, ids=[call.kind for call, _ in CALLS])
def test_a_program_is_called_as_the_manual_has_it(
    call: RunCommand, told: tuple[str, str]
) -> None:
    assert (call.kind, " ".join(call.arguments)) == told
    assert call.kind in commands.KINDS


@pytest.mark.parametrize("why", ["", "exit status 3"])
def test_its_end_frees_its_kind_alone(why: str) -> None:
    busy = frozenset(map(commands.resource, commands.KINDS))
    facts = Facts(Terms("one", "two", "message", "i"), busy=busy)

    after = learn(facts, CommandEnded(commands.PRE_DETACH, why), 1.0)

    assert busy - after.busy == {commands.resource(commands.PRE_DETACH)}
