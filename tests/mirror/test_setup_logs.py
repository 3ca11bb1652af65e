"""What is promised of the method by which a standby is made, whatever became of both logs."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_mirror.setup.choosing import (
    Choice,
    End,
    Known,
    Piece,
    Upstream,
    choose,
    first_needed,
    mistaken,
    pieces,
)
from pgx_mirror.setup.methods import COPY, REWIND, STREAMING
from tests.mirror.two_logs import World, rewinds_to

DEEDS = st.sampled_from(
    ("commit", "commit by hand", "promote by hand", "stream", "copy", "take over")
)

ANY_DEEDS = st.one_of(DEEDS, st.sampled_from(("take over by an operator", "put back")))


@settings(max_examples=1000)
@given(
    deeds=st.lists(st.tuples(DEEDS, st.integers(0, 12)), max_size=15),
    kept=st.integers(0, 8),
    segment=st.integers(1, 4),
)
def test_nothing_that_has_gone_apart_is_streamed_or_taken_for_one(
    deeds: list[tuple[str, int]], kept: int, segment: int
) -> None:
    world = World()
    for what, number in deeds:
        world.do(what, number)
    known = world.known(kept, segment)
    assert isinstance(known.end, End)

    choice = choose(known)

    has_log = kept <= first_needed(known.end, segment)
    behind = world.other.is_prefix_of(world.holder)
    if choice.method == STREAMING:
        assert behind
        assert has_log
    if choice.method == REWIND:
        assert world.other.timeline != world.holder.timeline
        parted = rewinds_to(world.holder, world.other)
        assert kept <= parted <= world.common()
    if behind and has_log and world.is_lawful():
        assert choice.method == STREAMING
    assert (choice.method == COPY) >= bool(mistaken(known))


def compared(world: World, known: Known) -> Choice:
    """Return what is chosen once both logs were compared, as `keeping` does it."""
    parts = pieces(known)
    course = [*world.holder.before, (world.holder.timeline, len(world.holder.records))]
    mine = [*world.other.before, (world.other.timeline, len(world.other.records))]
    for part in parts:  # the primary would refuse what is not on its way
        assert part.start < part.stop
        for way in (course, mine):
            assert any(t == part.timeline and part.stop <= left for t, left in way)
    alike = parts and all(
        world.holder.records[part.start : part.stop]
        == world.other.records[part.start : part.stop]
        for part in parts
    )
    return choose(known if alike else replace(known, end="they are two"))


@settings(max_examples=1000)
@given(
    deeds=st.lists(st.tuples(ANY_DEEDS, st.integers(0, 12)), max_size=15),
    kept=st.integers(0, 8),
    segment=st.integers(1, 4),
    checkpoint=st.integers(0, 12),
)
def test_nothing_is_kept_of_a_log_that_only_looks_like_the_primarys(
    deeds: list[tuple[str, int]], kept: int, segment: int, checkpoint: int
) -> None:
    """Images that were put back, and an operator's word on two servers, included."""
    world = World()
    for what, number in deeds:
        world.do(what, number)

    known = world.known(kept, segment, checkpoint)
    if choose(known).method == COPY:
        return
    choice = compared(world, known)

    if choice.method == STREAMING:
        assert world.other.is_prefix_of(world.holder)
    if choice.method == REWIND:
        assert rewinds_to(world.holder, world.other) <= world.common()
    if world.other.is_prefix_of(world.holder):
        assert choice == choose(known)


def test_what_is_compared_begins_with_the_last_checkpoints_file() -> None:
    there = Upstream(3, 990, ((1, 500), (2, 700)), oldest=150)
    here = Known(End(2, 650, ((1, 500),)), there, segment=100, checkpoint=430)
    assert pieces(here) == (Piece(1, 400, 500), Piece(2, 500, 650))
    assert pieces(replace(here, checkpoint=640)) == (Piece(2, 600, 650),)
    # The primary has no more, and the other way about: it is asked for what it must have.
    kept = replace(here, upstream=replace(there, oldest=610))
    assert pieces(kept) == (Piece(2, 600, 650),)
    ends = replace(kept, end=End(2, 600, ((1, 500),)))
    assert pieces(ends) == (Piece(2, 500, 600),)
    # Beyond the fork nothing is to be alike.
    beyond = replace(here, end=End(2, 800, ((1, 500),)), checkpoint=760)
    assert pieces(beyond) == (Piece(2, 600, 700),)
    assert pieces(replace(here, end="it is empty")) == ()
