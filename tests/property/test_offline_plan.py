"""What holds for every stop, whatever the instance does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

from hypothesis import given
from hypothesis import strategies as st

from pgx_agent.core.mode import Chosen, choose_mode
from pgx_agent.core.request import Request
from pgx_base.light.dataclasses import replace
from pgx_postgres.running.core.ladder import (
    Done,
    GiveUp,
    Kill,
    Ladder,
    Look,
    SendFast,
    SendImmediate,
    Step,
    Terms,
    Wait,
    step,
)
from pgx_postgres.running.core.patience import (
    EndAlone,
    Holder,
    Patience,
    Standstill,
    Work,
    marked,
)

STRENGTH = {"nothing": 0, "fast": 1, "immediate": 2, "killed": 3}

terms = st.builds(
    Terms,
    mode=st.sampled_from(("fast", "immediate")),
    budget=st.floats(0.5, 3000, allow_nan=False),
)
seconds = st.floats(0, 3000, allow_nan=False)


roles = ("backend", "archiver", "walsender", "checkpointer", "logger", "other")
holders = st.builds(
    Holder,
    pid=st.integers(1, 3),
    named=st.just("somebody"),
    role=st.sampled_from(roles),
    still_for=seconds,
    stopped_for=st.sampled_from((0.0, 0.5, 1.0, 100.0)),
    command_stopped_for=st.sampled_from((0.0, 100.0)),
    alone=st.booleans(),
)


@st.composite
def looks(draw: st.DrawFn) -> Look:
    postmasters = draw(st.text("SRDTt", max_size=2))
    left = len(postmasters) + draw(st.integers(0, 3))
    return Look(
        postmasters=postmasters,
        left=left,
        unkilled=draw(st.integers(0, left)),
        hung_for=draw(seconds) if left else 0.0,
        longest=draw(seconds) if left else 0.0,
        stuck_for=draw(seconds),
        holders=tuple(draw(st.lists(holders, max_size=3, unique_by=lambda h: h.pid))),
        quiet_for=draw(seconds),
        checkpointer_idle=draw(st.booleans()),
    )


lives = st.lists(looks(), min_size=1, max_size=15)


def play(terms: Terms, life: list[Look]) -> Iterator[tuple[float, Look, Ladder, Step]]:
    """Live through *life* as the shell does; yield each step.

    What is left at the end stays for ever, but nothing new shows up any more.
    """
    ladder, now = Ladder(), 0.0
    asked: dict[int, tuple[EndAlone, float]] = {}
    for_ever = replace(life[-1], unkilled=0)
    for seen in chain(life, repeat(for_ever)):
        look = replace(seen, holders=tuple(_asked(h, asked, now) for h in seen.holders))
        ladder, todo = step(terms, ladder, look, now)
        yield now, look, ladder, todo
        if isinstance(todo, EndAlone):
            asked[todo.pid] = todo, asked.get(todo.pid, (todo, now))[1]
        if isinstance(todo, Done | GiveUp):
            return
        if isinstance(todo, Wait):
            now = min(todo.until, now + 5.0)  # as rarely as the shell looks later on


def _asked(
    holder: Holder, asked: dict[int, tuple[EndAlone, float]], now: float
) -> Holder:
    if holder.pid not in asked:
        return holder
    todo, at = asked[holder.pid]
    return replace(holder, asked="kill" if todo.kill else "end", asked_for=now - at)


@given(terms, lives)
def test_it_always_ends_within_its_time(terms: Terms, life: list[Look]) -> None:
    for steps, (now, _, _, _) in enumerate(play(terms, life)):
        assert now <= terms.budget
        assert steps < terms.budget + len(life) + 10


@given(terms, lives)
def test_it_never_goes_back_up(terms: Terms, life: list[Look]) -> None:
    before = 0
    for _, _, ladder, todo in play(terms, life):
        strength = STRENGTH[ladder.rung]
        assert strength >= before
        match todo:
            case SendFast():
                assert before == 0
            case SendImmediate():
                assert before < 2
            case Kill():
                assert strength == 3
            case EndAlone():
                assert strength == before == 1
            case Wait() | Done() | GiveUp():
                assert strength == before
        before = strength


@given(terms, lives)
def test_done_is_said_exactly_when_nothing_is_left(
    terms: Terms, life: list[Look]
) -> None:
    for _, look, _, todo in play(terms, life):
        assert isinstance(todo, Done) == (look.left == 0)


@given(terms, lives)
def test_nothing_is_given_up_before_it_was_killed(
    terms: Terms, life: list[Look]
) -> None:
    for _, _, ladder, todo in play(terms, life):
        assert not isinstance(todo, GiveUp) or ladder.rung == "killed"


@given(terms, lives)
def test_a_fast_stop_takes_at_most_half_of_the_time(
    terms: Terms, life: list[Look]
) -> None:
    for now, look, ladder, todo in play(terms, life):
        if ladder.rung == "fast" and look.postmasters and isinstance(todo, Wait):
            assert now < terms.budget / 2
            assert todo.until <= terms.budget / 2


@given(terms, lives)
def test_a_wait_lies_in_the_future(terms: Terms, life: list[Look]) -> None:
    for now, _, _, todo in play(terms, life):
        assert not isinstance(todo, Wait) or now < todo.until <= terms.budget


@given(terms, lives)
def test_a_stopped_postmaster_is_never_asked(terms: Terms, life: list[Look]) -> None:
    for _, look, _, todo in play(terms, life):
        if {"T", "t"} & set(look.postmasters):
            assert not isinstance(todo, SendFast | SendImmediate)


@given(terms, lives)
def test_each_is_ended_alone_at_most_once(terms: Terms, life: list[Look]) -> None:
    done = [
        (todo.pid, todo.kill)
        for _, _, _, todo in play(terms, life)
        if isinstance(todo, EndAlone)
    ]
    assert len(done) == len(set(done))


@given(terms, lives)
def test_a_checkpoint_that_moves_is_cut_short_by_time_and_a_hung_disk_alone(
    terms: Terms, life: list[Look]
) -> None:
    for now, look, _, todo in play(terms, life):
        if isinstance(todo, SendImmediate) and terms.mode == "fast":
            over = now >= terms.budget / 2 or look.stuck_for >= 30
            assert look.checkpointer_idle or over


works = st.builds(
    Work,
    title=st.sampled_from(("archiver archiving 1", "archiver archiving 2")),
    cpu=st.floats(0, 5),
    read=st.integers(0, 1 << 21),
    written=st.integers(0, 1 << 18),
    steps=st.integers(0, 2),
)


@given(st.lists(works, min_size=1))
def test_a_mark_never_goes_back_in_time(life: list[Work]) -> None:
    before: Standstill | None = None
    for now, work in enumerate(life):
        after = marked(Patience(), before, work, float(now))
        assert (before.since if before else 0) <= after.since <= now
        before = after


requests = st.builds(
    Request,
    st.just("RMS"),
    st.just("asked to"),
    switches=st.booleans(),
    urgent=st.sampled_from(("", "at once")),
    recovers=st.booleans(),
)


@given(requests, st.booleans(), st.sampled_from(("fast", "immediate")))
def test_switch_mode_changes_a_plain_switch_alone(
    request: Request, faulted: bool, switch_mode: str
) -> None:
    def chosen(mode: str) -> Chosen:
        return choose_mode(request, faulted=faulted, switch_mode=mode)

    plain = request.switches and not (request.urgent or faulted)
    assert plain or chosen("fast") == chosen("immediate")
    assert not plain or chosen(switch_mode).mode == switch_mode
