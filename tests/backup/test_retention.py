"""What newer backups replace, and which archived files none needs: never one too many."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.backup.core import retention
from pgx_mirror.backup.kept import in_order
from pgx_mirror.backup.label import Label
from pgx_mirror.core import wal
from tests.backup.labels import label

SEGMENT = 1 << 24
_LABELS = st.lists(
    st.builds(
        lambda day, timeline, start: label(
            f"202601{day:02}T000000Z",
            timeline=timeline,
            start_lsn=wal.text(start),
            end_lsn="FF/0",
        ),
        st.integers(1, 31),
        st.integers(1, 3),
        st.integers(1, 20 * SEGMENT),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one.name,
).map(in_order)


@given(_LABELS, st.data(), st.integers(1, 5))
def test_the_new_one_stays_and_the_newest_beside_it(
    kept: tuple[Label, ...], data: st.DataObject, generations: int
) -> None:
    newest = data.draw(st.sampled_from(kept))

    going = retention.replaced(kept, newest.name, generations)

    stay = [one for one in kept if one not in going]
    assert newest in stay
    behind = len(kept) - kept.index(newest)
    assert len(stay) == min(len(kept), max(generations, behind))
    assert list(going) == list(kept)[: len(going)]  # the oldest, in their order


def test_a_server_that_was_left_behind_replaces_nothing_of_the_new_timeline() -> None:
    """Cut off, and with one generation: the backup of the true line is not its to remove."""
    old, true, late = (
        label("20260101T000000Z", timeline=1, start_lsn="0/2000000"),
        label("20260102T000000Z", "server2", timeline=2, start_lsn="0/3000000"),
        label(
            "20260103T000000Z", timeline=1, start_lsn="0/4000000", end_lsn="0/4000100"
        ),
    )
    kept = in_order([old, true, late])
    assert retention.replaced(kept, late.name, 1) == (old,)


_NAMES = st.builds(
    lambda timeline, at, ending: wal.name_of(timeline, at, SEGMENT) + ending,
    st.integers(1, 3),
    st.integers(0, 30 * SEGMENT),
    st.sampled_from(["", ".partial", ".00000028.backup"]),
)


@given(_LABELS, st.sets(_NAMES))
def test_no_file_goes_that_a_backup_needs(
    kept: tuple[Label, ...], names: set[str]
) -> None:
    needed = retention.earliest(kept)
    assert needed is not None
    start, size = needed

    going = retention.unneeded(names, start, size)

    for name in names:
        ends = wal.first(name[:24], SEGMENT) + SEGMENT
        is_needed = any(ends > one.start for one in kept)
        assert (name not in going) == is_needed


@given(st.text(max_size=40))
def test_what_is_no_file_of_the_log_stays(name: str) -> None:
    assert retention.unneeded([name, f"{name}.history"], 1 << 60, SEGMENT) == []


def test_history_and_what_others_lay_there_stay() -> None:
    old = "000000010000000000000001"
    odd = ["00000002.history", f"{old}.gz", f"{old}.new", f".{old}", "lost+found"]
    assert retention.unneeded([*odd, old], 1 << 60, SEGMENT) == [old]


def test_where_nothing_can_be_told_nothing_goes() -> None:
    assert retention.earliest([]) is None
    other = replace(label(), wal_segment_size=1 << 20)
    assert retention.earliest([label(), other]) is None
