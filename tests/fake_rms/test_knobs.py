"""Each knob's other answer."""

from __future__ import annotations

import pytest

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.config import Attributes
from fixtures.fake_rms.model.events import Exited, Kill, Refused, Switch, Utility, Verb
from fixtures.fake_rms.model.names import Script
from tests.fake_rms.world import (
    ALL,
    APP,
    HERE,
    NODE1,
    NODE2,
    THERE,
    crash,
    started,
)

NO_HALT = Attributes(auto_start_up=True, switch_over=ALL)


# --- a stop that fails ------------------------------------------------------------


@pytest.mark.parametrize(("knob", "state"), [("no", "Offline"), ("yes", "Online")])
def test_after_a_fault_it_may_start_elsewhere_in_spite_of_a_failed_stop(
    knob: str, state: str
) -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(start_after_failed_stop=knob))  # type: ignore[arg-type]
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    crash(made)

    assert made.state(THERE) == state
    assert made.environment(Script.OFFLINE, "db")["HV_FORCED_REQUEST"] == "0"
    if state == "Online":
        assert made.environment(Script.ONLINE, "db")["HV_FORCED_REQUEST"] == "0"


def test_a_switch_never_starts_it_in_spite_of_a_failed_stop() -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(start_after_failed_stop="yes"))
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2))

    assert made.state(THERE) == "Offline"


@pytest.mark.parametrize(("knob", "state"), [("no", "Offline"), ("yes", "Online")])
def test_a_forced_switch_may_heed_a_failed_stop(knob: str, state: str) -> None:
    made = started(attributes=NO_HALT, knobs=Knobs(forced_after_failed_stop=knob))  # type: ignore[arg-type]
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Switch(APP, NODE2, forced=True))

    assert made.state(THERE) == state
    assert not isinstance(made.answers[-1], Refused)


def test_halt_may_count_for_every_stop() -> None:
    made = started(knobs=Knobs(halt="always"))
    made.ends[HERE, "db", Script.OFFLINE] = Exited(1)

    made.happen(Utility(Verb.OFFLINE, APP, NODE1))

    assert Kill(NODE1) in made.effects
    assert made.state(THERE) == "Offline"
