"""What pgx_online plans, whatever it finds, and wherever it is cut off."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_agent.core import online
from pgx_agent.core.online import (
    Adopt,
    Doubt,
    EndOrphans,
    Facts,
    LookAgain,
    Named,
    NoPidFile,
    PidFile,
    Refuse,
    RefuseOddity,
    Server,
    Standalone,
    Start,
    Step,
    Stop,
)
from pgx_base.light.dataclasses import dataclass, replace

pids = st.integers(min_value=2, max_value=6)
statuses = st.sampled_from(["", "starting", "stopping", "ready", "standby"])
pid_files: st.SearchStrategy[PidFile] = st.one_of(
    st.just(NoPidFile()),
    st.just(online.BadPidFile()),
    st.just(online.OddPidFile("it is a FIFO")),
    st.just(online.UnreadablePidFile()),
    st.builds(Standalone, pids),
    st.builds(Named, pids, statuses, st.booleans()),
)
servers = st.lists(
    st.builds(Server, pids, st.just(1), st.sampled_from([0.1, 60.0])),
    max_size=2,
    unique_by=lambda server: server.pid,
).map(tuple)
facts = st.builds(
    Facts,
    pid_files,
    servers,
    st.none() | st.tuples(pids, st.just(1)),
    st.sampled_from([(), ("PID 9",)]),
    st.none() | st.tuples(pids, st.just(1)),
    st.sampled_from([(), ("PID 8",)]),
)


@given(facts)
def test_nothing_is_started_beside_a_live_postmaster_or_what_it_left(
    found: Facts,
) -> None:
    step = online.next_step(found)

    there = found.servers or found.orphans or found.unproven
    assert not (isinstance(step, Start) and there)


@given(facts)
def test_a_pid_file_is_in_the_way_only_where_it_names_nobody(found: Facts) -> None:
    step = online.next_step(found)

    if isinstance(step, Start):
        assert step.broken == isinstance(found.pid_file, online.BadPidFile)


@given(facts)
def test_what_is_stopped_or_adopted_is_there(found: Facts) -> None:
    step = online.next_step(found)

    if isinstance(step, (Adopt, Stop)):
        assert step.server in found.servers


@given(facts)
def test_a_grandparent_is_named_only_when_proven(found: Facts) -> None:
    step = online.next_step(found)

    if isinstance(step, Start) and step.grandparent is not None:
        assert isinstance(found.pid_file, Named)
        assert found.pid_file.stale
        assert found.pid_file.pid == step.grandparent


@given(facts)
def test_a_faulted_server_is_never_adopted(found: Facts) -> None:
    step = online.next_step(found)

    if isinstance(step, Adopt):
        assert step.server.ident not in (found.faulted, found.condemned)


@given(facts, st.booleans())
def test_a_fault_of_another_server_changes_nothing(found: Facts, both: bool) -> None:
    others = replace(found, faulted=(99, 1), condemned=(98, 1) if both else None)

    assert online.next_step(others) == online.next_step(
        replace(found, faulted=None, condemned=None)
    )


@dataclass(frozen=True, slots=True)
class World:
    """A node as far as Online changes it; `good` is whether the server would answer."""

    facts: Facts
    good: bool


def _looks_right(found: Facts) -> bool:
    """Whether this could be seen: a proof of staleness is never wrong."""
    live = {server.pid for server in found.servers}
    return not (
        isinstance(found.pid_file, Named)
        and found.pid_file.stale
        and found.pid_file.pid in live
    )


worlds = st.builds(World, facts.filter(_looks_right), st.booleans())

_NEW = Server(7, 7)
_ONLINE = Facts(Named(_NEW.pid, "ready"), (_NEW,))


def _without(found: Facts, server: Server) -> Facts:
    """The world after a stop: the record is cleared, the PID file may stay behind."""
    left = tuple(other for other in found.servers if other != server)
    named = found.pid_file
    if isinstance(named, Named) and named.pid == server.pid:
        named = replace(named, stale=True)
    return replace(found, servers=left, faulted=None, pid_file=named)


def _adopted(world: World, server: Server) -> World:
    if not world.good:
        condemned = replace(world.facts, condemned=server.ident, faulted=server.ident)
        return replace(world, facts=condemned, good=True)
    seen = replace(world.facts, faulted=None)
    if isinstance(seen.pid_file, Named):
        seen = replace(seen, pid_file=replace(seen.pid_file, status="ready"))
    return replace(world, facts=seen)


def _after(world: World, step: Step) -> World:
    """The world once *step* has been carried out to its end."""
    found = world.facts
    match step:
        case Refuse() | RefuseOddity() | Doubt():
            return world
        case Adopt(server=server):
            return _adopted(world, server)
        case LookAgain():
            aged = tuple(replace(server, young=False) for server in found.servers)
            return replace(world, facts=replace(found, servers=aged))
        case Stop(server=server):
            return replace(world, facts=_without(found, server))
        case EndOrphans():
            return replace(world, facts=replace(found, orphans=()))
        case Start():
            return World(_ONLINE, good=True)


def _done(world: World, step: Step, after: World) -> bool:
    if isinstance(step, Adopt):
        return after.facts.faulted is None
    # Nothing is planned after these, provided that they succeed.
    return isinstance(step, (Refuse, online.RefuseOddity, online.Doubt, Start))


def _run(world: World, limit: int = 12) -> tuple[World, list[Step]]:
    """Plan and carry out until a step ends it."""
    steps: list[Step] = []
    for _ in range(limit):
        step = online.next_step(world.facts)
        steps.append(step)
        after = _after(world, step)
        if _done(world, step, after):
            return after, steps
        world = after
    raise AssertionError(f"never ends: {steps}")


def _end(world: World) -> str:
    """How it ended, as RMS is told."""
    last = online.next_step(world.facts)
    return "refused" if isinstance(last, (Refuse, RefuseOddity, Doubt)) else "online"


@given(worlds)
def test_every_plan_ends(world: World) -> None:
    _run(world)


@given(worlds)
def test_online_after_online_disturbs_nothing(world: World) -> None:
    after, steps = _run(world)

    if not isinstance(steps[-1], (Refuse, RefuseOddity, Doubt)):
        assert isinstance(online.next_step(after.facts), Adopt)


@given(worlds, st.integers(min_value=0, max_value=5))
def test_a_plan_cut_off_and_planned_again_reaches_the_same_end(
    world: World, done: int
) -> None:
    # Whom the monitor has condemned is known to the run that asked alone.
    world = replace(world, facts=replace(world.facts, condemned=None))
    whole, _ = _run(world)
    cut = world
    for _ in range(done):
        step = online.next_step(cut.facts)
        after = _after(cut, step)
        if _done(cut, step, after):
            break
        cut = after
    forgotten = replace(cut, facts=replace(cut.facts, condemned=None))
    again, _ = _run(forgotten)

    assert _end(again) == _end(whole)
