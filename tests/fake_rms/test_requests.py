"""RMS that stops, Deact, Standby, maintenance mode, double Online."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.fake_rms.model.events import (
    Accepted,
    Exited,
    Kill,
    KillFailed,
    Log,
    NodeUp,
    Refused,
    Silent,
)
from fixtures.fake_rms.model.names import Script, SwitchOver
from tests.fake_rms.world import (
    BARE,
    HERE,
    NODE1,
    NODE2,
    THERE,
    crash,
    started,
    states,
    world,
)

# --- RMS stops ------------------------------------------------------------------


def test_hvshut_without_shut_down_does_not() -> None:
    switch_over = frozenset({SwitchOver.HOST_FAILURE})
    made = started(attributes=replace(BARE, switch_over=switch_over))

    made.type("hvshut -l")

    assert made.state(THERE) == "Offline"


def test_a_forced_switch_kills_the_node_without_rms_first() -> None:
    made = started()
    made.type("hvshut -L")

    made.type("hvswitch -f app1 node2RMS")

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == "Online"
    assert made.environment(Script.ONLINE, "db")["HV_FORCED_REQUEST"] == "1"


@pytest.mark.parametrize(("forced", "kind"), [(True, "ERROR"), (False, "NOTICE")])
def test_only_a_forced_switch_is_denied_for_a_node_that_lives(
    forced: bool, kind: str
) -> None:
    made = started()
    made.hold = lambda effect: isinstance(effect, Kill)
    if forced:
        made.type("hvshut -L")
        made.type("hvswitch -f app1 node2RMS")
    else:
        made.happen(Silent(NODE1))
        made.wait()

    made.happen(KillFailed(NODE1))

    said = [e.severity for e in made.effects if isinstance(e, Log) and "kill" in e.text]
    assert said == [kind]
    assert made.state(THERE) == "Offline"


def test_a_panic_while_the_standby_has_no_rms_starts_nothing() -> None:
    made = started()
    made.type("hvshut -L", NODE2)

    made.happen(made.down(NODE1))
    made.type("hvcm", NODE2)

    assert made.state(THERE) == "Offline"


def test_hvshut_whose_stop_fails_leaves_rms_running() -> None:
    made = started(attributes=BARE)
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.type("hvshut -l")

    assert made.cluster.nodes[NODE1].rms


# --- Deact, Standby, maintenance, double Online ---------------------------------


def test_deact_clears_no_fault() -> None:
    made = started()
    crash(made)
    made.type("hvutil -d app1")
    assert states(made) == ("Deact", "Online")

    made.type("hvutil -a app1")
    assert states(made) == ("Faulted", "Online")

    made.type("hvutil -c app1")
    assert states(made) == ("Offline", "Online")


def test_leaving_maintenance_lists_what_is_different() -> None:
    made = started()
    made.type("hvutil -m on app1")
    crash(made)

    made.type("hvutil -m off app1")
    answer = made.answers[-1]
    assert isinstance(answer, Refused)
    assert "db on node1RMS" in answer.why

    made.type("hvutil -m forceoff app1")
    assert made.answers[-1] == Accepted()
    assert states(made) == ("Faulted", "Online")


def test_what_came_up_during_maintenance_is_seen_after_it() -> None:
    made = started()
    made.type("hvutil -m on app1")
    made.running.add((THERE, "db"))
    made.poll()
    assert states(made) == ("Maintenance-Online", "Maintenance-Offline")

    made.type("hvutil -m forceoff app1")

    assert states(made) == ("Online", "Inconsistent")


@pytest.mark.parametrize("verb", ["-f", "-c"])
def test_offline_processing_ends_inconsistent(verb: str) -> None:
    made = started()
    made.running.add((THERE, "db"))
    made.poll()

    made.type(f"hvutil {verb} app1", NODE2)

    assert states(made) == ("Online", "Offline")
    assert (THERE, "db") not in made.running
    assert {(HERE, "disk"), (HERE, "db")} <= made.running


def test_what_runs_on_another_node_is_not_started_here() -> None:
    made = world()
    made.running.add((THERE, "db"))

    made.start()

    assert states(made) == ("Offline", "Inconsistent")
    made.type("hvswitch app1 node1RMS")
    assert isinstance(made.answers[-1], Refused)


def test_rms_that_finds_it_on_both_nodes_takes_one_for_online() -> None:
    made = world()
    made.running |= {(w, n) for w in (HERE, THERE) for n in ("disk", "db")}

    made.start()

    assert states(made) == ("Online", "Inconsistent")


def test_a_node_that_boots_has_no_rms() -> None:
    made = started()
    made.happen(made.down(NODE2))

    made.happen(NodeUp(NODE2))

    assert made.cluster.nodes[NODE2].state == "Offline"
    assert not made.cluster.nodes[NODE2].rms
