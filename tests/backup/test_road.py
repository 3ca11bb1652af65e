"""How far the write-ahead log can be followed from a backup, and what is missing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.wal_files import Left, name_of
from pgx_mirror.restore.core import road
from pgx_mirror.restore.core.road import Begin, Road

MB = 1 << 20
BEGIN = Begin(1, 2 * MB + 40, 2 * MB + 256, MB)


def files(*named: tuple[int, int]) -> list[str]:
    """Return names, each of a timeline and of the number of a segment."""
    return [name_of(timeline, number * MB, MB) for timeline, number in named]


def test_all_files_from_the_backups_own_are_followed() -> None:
    there = files((1, 1), (1, 2), (1, 3), (1, 4))
    assert road.find(BEGIN, there, {}) == Road(1, tuple(there[1:]))


def test_a_gap_is_named_with_the_newest_file_behind_it() -> None:
    there = files((1, 2), (1, 3), (1, 6), (1, 8))
    found = road.find(BEGIN, there, {})
    assert found.files == tuple(there[:2])
    assert found.missing == tuple(files((1, 4), (1, 5)))
    assert found.newest == there[-1]


def test_a_damaged_file_is_a_gap_also_behind_all_others() -> None:
    there, (bad,) = files((1, 2), (1, 3)), files((1, 4))
    found = road.find(BEGIN, there, {}, [bad])
    assert (found.files, found.missing, found.newest) == (tuple(there), (bad,), bad)


def test_the_newest_timeline_that_descends_is_meant() -> None:
    histories: dict[int, Left] = {
        2: ((1, 4 * MB + 9),),
        3: ((1, 4 * MB + 9), (2, 6 * MB + 1)),
        4: ((1, MB),),  # it was begun before the backup
    }
    there = files(*((1, n) for n in (2, 3, 4)), *((2, n) for n in (4, 5, 6)), (3, 6))
    there += files((3, 7), (1, 5), (4, 9))
    found = road.find(BEGIN, there, histories)
    assert found.timeline == 3
    assert found.files == tuple(files((1, 2), (1, 3), (2, 4), (2, 5), (3, 6), (3, 7)))
    assert not found.missing


def test_the_file_in_which_a_timeline_was_left_has_no_way_on_to_the_next() -> None:
    histories = {2: ((1, 4 * MB + 9),)}
    there = files((1, 2), (1, 3), (1, 4), (2, 5))
    found = road.find(BEGIN, there, histories)
    assert found == Road(1, tuple(there[:3]), tuple(files((2, 4))), there[-1])


def test_a_timeline_of_which_nothing_but_its_history_is_there_is_a_gap() -> None:
    """What was written on it until its server died is in no file: it is not passed over."""
    histories = {2: ((1, 3 * MB + 9),)}
    there = files((1, 2), (1, 3))
    found = road.find(BEGIN, there, histories)
    assert found == Road(1, tuple(there), tuple(files((2, 3))), "")


def test_a_newer_timeline_that_is_not_followed_is_told() -> None:
    there = files((1, 2), (1, 3), (2, 3))
    assert road.passed_over(BEGIN, there, {}) == 2  # its history is lost
    assert road.passed_over(BEGIN, there, {2: ((1, MB),)}) == 2
    assert road.passed_over(BEGIN, there, {2: ((1, 3 * MB + 9),)}) == 0
    assert road.passed_over(BEGIN, there[:2], {2: ((1, MB),)}) == 0


def test_a_recovery_that_a_gap_ends_before_a_timeline_begins_ends_on_the_one_before() -> (
    None
):
    histories = {2: ((1, 4 * MB + 9),)}
    there = files((1, 2), (2, 4), (2, 5))
    found = road.find(BEGIN, there, histories)
    assert (found.timeline, found.last) == (1, there[0])
    assert found.missing == tuple(files((1, 3)))


def test_without_any_file_the_first_is_missing_and_the_backup_is_none() -> None:
    found = road.find(BEGIN, [], {})
    assert found == Road(1, (), tuple(files((1, 2))), "")
    assert not found.reaches(BEGIN)
    two = Begin(1, 2 * MB + 40, 3 * MB + 1, MB)
    assert not road.find(two, files((1, 2)), {}).reaches(two)
    assert road.find(two, files((1, 2), (1, 3)), {}).reaches(two)


def test_many_missing_files_are_told_by_the_first_and_the_last() -> None:
    names = tuple(files(*((1, n) for n in range(9))))
    assert road.in_words(names) == f"{names[0]} to {names[-1]}, 9 files"
    assert road.in_words(names[:2]) == ", ".join(names[:2])


FORKS = st.lists(st.integers(3, 40), max_size=4, unique=True).map(sorted)


@given(forks=FORKS, end=st.integers(41, 60), data=st.data())
def test_whatever_is_missing_what_is_followed_is_whole_and_nothing_newer_is_passed_over(
    forks: list[int], end: int, data: st.DataObject
) -> None:
    left = tuple((n, at * MB + 100) for n, at in enumerate(forks, 1))
    histories = {n + 1: left[:n] for n in range(1, len(left) + 1)}
    bounds = [2, *forks]
    whole = [
        (timeline, number)
        for timeline, (since, until) in enumerate(
            zip(bounds, [*forks, end], strict=True), 1
        )
        for number in range(since, until + 1)
    ]
    names = files(*whole)
    lost = data.draw(st.sets(st.sampled_from(names)))
    there = set(names) - lost
    found = road.find(BEGIN, there, histories)

    numbers = [int(name[16:], 16) for name in found.files]
    assert numbers == list(range(2, 2 + len(numbers)))
    assert set(found.files) <= there
    timelines = [int(name[:8], 16) for name in found.files]
    assert timelines == sorted(timelines)
    behind = {n for n in there if int(n[16:], 16) >= 2 + len(numbers)}
    cut = max(timelines, default=1) <= len(forks)  # the newest timeline is not reached
    assert bool(behind or cut) == bool(found.missing) or not found.files
    assert not set(found.missing) & there
