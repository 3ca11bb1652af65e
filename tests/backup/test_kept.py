"""What is listed as good is whole and in order; all else is told with its reason."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.backup import kept, places
from pgx_mirror.backup.kept import Kept
from pgx_mirror.backup.label import Label
from tests.backup.labels import label, put


def test_where_nothing_is_nothing_is_kept(tmp_path: Path) -> None:
    assert kept.find(str(tmp_path)) == Kept()
    (tmp_path / places.BACKUPS).mkdir()
    assert kept.find(str(tmp_path)) == Kept()
    (tmp_path / places.BACKUPS).rmdir()
    (tmp_path / places.BACKUPS).touch()
    with pytest.raises(NotADirectoryError):
        kept.find(str(tmp_path))


def test_the_newest_is_last_whatever_the_clock_said(tmp_path: Path) -> None:
    first = label("20261129T210308Z")
    set_back = label("20200101T000000Z", start_lsn="0/3000028", end_lsn="0/3000100")
    promoted = label("20250101T000000Z", "server2", timeline=2)
    for one in (promoted, first, set_back):
        put(tmp_path, one)

    assert kept.find(str(tmp_path)).good == (first, set_back, promoted)


def test_backups_of_another_database_are_told_apart(tmp_path: Path) -> None:
    ours, other = label(), label("20261201T000000Z", system="1", start_lsn="0/28")
    put(tmp_path, ours)
    put(tmp_path, other)

    found = kept.find(str(tmp_path))

    assert found.good == (ours, other)
    assert found.of(ours.system) == (ours,)


def test_what_is_no_backup_is_told_and_never_listed(tmp_path: Path) -> None:
    good = label()
    put(tmp_path, good)
    unfinished = label("20261201T000000Z")
    put(tmp_path, unfinished, places.unfinished(unfinished.name))
    put(tmp_path, unfinished, places.removed(unfinished.name))
    put(tmp_path, unfinished, "20261202T000000Z_server1")
    torn = put(tmp_path, label("20261203T000000Z"))
    (torn / places.LABEL).write_text(good.to_text()[:-9])
    (torn.parent / "20261204T000000Z_server1").mkdir()
    (torn.parent / "20261205T000000Z_server1").symlink_to(torn.parent / good.name)
    (torn.parent / "20261206T000000Z_server1").touch()
    (torn.parent / "notes").mkdir()

    found = kept.find(str(tmp_path))

    assert found.good == (good,)
    assert [(one.entry, one.why.split(":")[0]) for one in found.left] == [
        (".20261201T000000Z_server1.new", "it was not finished"),
        (".20261201T000000Z_server1.old", "it was being removed"),
        (
            "20261202T000000Z_server1",
            'its label is that of "20261201T000000Z_server1"',
        ),
        ("20261203T000000Z_server1", "its label is no JSON"),
        ("20261204T000000Z_server1", "it has no label"),
        ("20261205T000000Z_server1", "it is no directory"),
        ("20261206T000000Z_server1", "it is no directory"),
        ("notes", "it has not the name of a backup"),
    ]


def test_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    directory = put(tmp_path, label())
    (directory / places.LABEL).unlink()
    (directory / places.LABEL).mkdir()

    found = kept.find(str(tmp_path))

    assert not found.good
    assert found.left[0].why == "it cannot be read: it is a directory"


_LABELS = st.builds(
    lambda day, timeline, start, system: label(
        f"202601{day:02}T000000Z",
        timeline=timeline,
        start_lsn=f"0/{start:X}",
        end_lsn="1/0",
        system=str(system),
    ),
    st.integers(1, 31),
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(1, 2),
)


@given(st.lists(_LABELS, max_size=8))
def test_the_order_is_by_the_log_within_a_database(labels: list[Label]) -> None:
    ordered = kept.in_order(labels)

    assert sorted(ordered, key=repr) == sorted(labels, key=repr)
    assert kept.in_order(reversed(ordered)) in (ordered, kept.in_order(labels))
    for one, after in pairwise(ordered):
        if one.system == after.system:
            assert (one.timeline, one.start) <= (after.timeline, after.start)
    systems = [one.system for one in ordered]
    assert len([1 for a, b in pairwise(systems) if a != b]) <= 1
