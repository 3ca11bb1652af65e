"""What holds in every state of the model, whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.cluster import Running
from fixtures.fake_rms.model.config import Attributes, Flags, Object
from fixtures.fake_rms.model.events import (
    Event,
    Exited,
    Maintain,
    Mode,
    NodeUp,
    Overdue,
    RmsKilled,
    RunScript,
    ShutDown,
    Silent,
    StartRms,
    Switch,
    Utility,
    Verb,
    Where,
)
from fixtures.fake_rms.model.names import Goal, Script, Standby, State, SwitchOver
from tests.fake_rms.world import (
    APP,
    HERE,
    NODE1,
    NODE2,
    NODES,
    THERE,
    World,
    resource,
    world,
)

PLACES = (HERE, THERE)
NAMES = ("disk", "mount", "db")
GRAPHS = (
    (
        resource("disk"),
        resource("mount", children=("disk",)),
        resource("db", children=("mount",)),
    ),
    (resource("disk"), resource("mount"), resource("db", children=("disk", "mount"))),
    (resource("disk"), resource("mount"), resource("db")),
)


@dataclass
class Rules:
    """Looks at each step of a world."""

    forced: bool = False
    online: dict[Where, list[str]] = field(default_factory=dict)

    def __call__(self, made: World) -> None:
        self.one_online(made)
        self.one_running(made)
        self.one_script_each(made)
        self.order(made)

    def one_online(self, made: World) -> None:
        """No two nodes have the application at once, but by force."""
        held = [
            where
            for where, local in made.cluster.locals.items()
            if local.state is State.ONLINE
            or (local.work and local.work.goal in (Goal.ONLINE, Goal.RESUME))
        ]
        assert self.forced or len(held) <= 1, held

    def one_running(self, made: World) -> None:
        """No resource really runs on two nodes at once, but by force."""
        twice = [n for n in NAMES if {(HERE, n), (THERE, n)} <= made.running]
        assert self.forced or not twice, twice

    def one_script_each(self, made: World) -> None:
        """One object is worked on at a time."""
        for local in made.cluster.locals.values():
            assert local.work is None or len(local.work.busy) <= 1

    def order(self, made: World) -> None:
        """A parent's OnlineScript runs over Online children, a child's Offline after it."""
        app = made.config.applications[APP]
        for where, local in made.cluster.locals.items():
            if local.work is None or local.work.goal not in (Goal.ONLINE, Goal.OFFLINE):
                continue
            for name, busy in local.work.busy.items():
                if busy == Running(Script.ONLINE):
                    below = app.objects[name].children
                    assert {local.objects[c].state for c in below} <= {State.ONLINE}
                if busy == Running(Script.OFFLINE):
                    above = app.parents(name)
                    assert {local.objects[p].state for p in above} <= {State.OFFLINE}
                    assert Script.PRE_OFFLINE not in local.work.waves
            assert where in PLACES


def attributes() -> st.SearchStrategy[Attributes]:
    return st.builds(
        Attributes,
        auto_start_up=st.booleans(),
        switch_over=st.frozensets(st.sampled_from(SwitchOver)),
        persistent_fault=st.booleans(),
        online_priority=st.booleans(),
        partial_cluster=st.booleans(),
        standby=st.frozensets(st.sampled_from(Standby)),
        halt=st.booleans(),
        preserve_state=st.booleans(),
    )


def knobs() -> st.SearchStrategy[Knobs]:
    return st.builds(
        Knobs,
        stop_when_offline=st.sampled_from(("clear", "always", "never")),
        settle=st.sampled_from(("wait", "once")),
    )


def flags() -> st.SearchStrategy[Flags]:
    return st.builds(
        Flags,
        all_exit_codes=st.just(True),
        auto_recover=st.booleans(),
        monitor_only=st.booleans(),
        standby_capable=st.booleans(),
    )


nodes = st.sampled_from(NODES)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Switch, st.just(APP), st.none() | nodes, st.booleans()),
    st.builds(Utility, st.sampled_from(Verb), st.just(APP), nodes),
    st.builds(Maintain, st.sampled_from(Mode), st.just(APP)),
    st.builds(
        ShutDown,
        st.sampled_from(((NODE1,), (NODE2,), NODES)),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(StartRms, nodes, st.booleans()),
    st.builds(RmsKilled, nodes),
    st.builds(NodeUp, nodes),
    st.builds(Silent, nodes, st.booleans()),
)
# What the world does besides: answer late, lose a resource or a node, let time pass.
ACTS = st.one_of(
    EVENTS,
    st.tuples(
        st.sampled_from(("lose", "faulted")),
        st.sampled_from(PLACES),
        st.sampled_from(NAMES),
    ),
    st.tuples(st.just("down"), nodes),
    st.tuples(st.just("fail"), st.sampled_from(PLACES), st.sampled_from(NAMES)),
    st.sampled_from((("hold",), ("release",), ("poll",), ("wait",))),
)


def act(made: World, rules: Rules, what: object) -> None:
    """Do one thing to the world."""
    match what:
        case ("lose", place, name):
            made.running.discard((place, name))
            made.standing.discard((place, name))
            made.poll()
        case ("faulted", Where() as place, str(name)):
            if made.cluster.nodes[place.node].rms:
                made.happen(made.check(place, name, 2))
        case ("down", node):
            made.happen(made.down(str(node)))
        case ("fail", Where() as place, str(name)):
            for script, end in (
                (Script.OFFLINE, Exited(1)),
                (Script.ONLINE, Overdue()),
                (Script.FAULT, Exited(1)),
            ):
                key = (place, name, script)
                if made.ends.pop(key, None) is None:
                    made.ends[key] = end
        case ("hold",):
            made.hold = lambda effect: isinstance(effect, RunScript)
        case ("release",):
            made.release()
        case ("poll",):
            made.poll()
        case ("wait",):
            made.wait()
        case NodeUp(node) if made.cluster.nodes[node].up:
            pass
        case Switch(forced=True):
            rules.forced = True
            made.happen(what)
        case _:
            made.happen(what)  # type: ignore[arg-type]


@given(
    graph=st.sampled_from(GRAPHS),
    attributes=attributes(),
    knobs=knobs(),
    flags=flags(),
    acts=st.lists(ACTS, max_size=14),
)
@settings(max_examples=300)
def test_whatever_happens(
    graph: tuple[Object, ...],
    attributes: Attributes,
    knobs: Knobs,
    flags: Flags,
    acts: list[object],
) -> None:
    """One node has the application, scripts run in order, and nothing hangs."""
    objects = (replace(each, flags=flags) for each in graph)
    made = world(*objects, attributes=attributes, knobs=knobs)
    rules = Rules()
    made.watch = rules
    made.start()
    for what in acts:
        act(made, rules, what)
    made.release()
    made.wait()
    made.poll()
    made.wait()
    assert all(local.work is None for local in made.cluster.locals.values())
    scripts = [each for each in made.effects if isinstance(each, RunScript)]
    told = {each.environment["HV_FORCED_REQUEST"] for each in scripts}
    assert rules.forced or told <= {"0"}
