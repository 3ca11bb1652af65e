"""A label is read as it was written; what is anything else is told, never believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.backup import label as labels
from pgx_mirror.backup import places
from pgx_mirror.backup.label import Broken
from pgx_mirror.core import wal
from tests.backup.labels import label, put

_ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.text(max_size=5),
    st.lists(st.none()),
    st.just({"0": "/x"}),
    st.just({"5": "x"}),
)
_POSITIONS = st.integers(1, (1 << 64) - 1)


@given(
    st.from_regex(r"[!-.0-~]{1,64}", fullmatch=True),
    st.tuples(_POSITIONS, _POSITIONS).map(sorted),
    st.dictionaries(
        st.integers(1, 1 << 31).map(str), st.text(max_size=50).map("/".__add__)
    ),
    st.integers(1, (1 << 32) - 1),
)
def test_what_is_written_is_read(
    server: str, ends: list[int], spaces: dict[str, str], timeline: int
) -> None:
    written = label(
        server=server,
        start_lsn=wal.text(ends[0]),
        end_lsn=wal.text(ends[1]),
        tablespaces=spaces,
        timeline=timeline,
    )
    assert labels.of_text(written.to_text()) == written
    assert places.server_of(written.name) == server


@given(st.binary(max_size=300))
def test_whatever_stands_there_is_a_label_or_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        labels.of_text(data)


@given(
    st.sampled_from(sorted(json.loads(label().to_text()))),
    _ODD,
)
def test_no_value_of_another_kind_is_believed(key: str, value: Any) -> None:
    text = json.dumps(json.loads(label().to_text()) | {key: value})
    try:
        found = labels.of_text(text)
    except Broken:
        return
    assert found.verified
    assert found.format == labels.FORMAT
    assert type(getattr(found, key)) is type(value)
    assert 0 < found.start <= found.end


@pytest.mark.parametrize(
    "change",
    [
        {"verified": False},
        {"format": 2},
        {"start_lsn": "0/2000101"},
        {"start_lsn": "2000028"},
        {"started": "yesterday"},
        {"wal_segment_size": 1 << 24 | 1},
        {"name": "20261129T210308Z_server2"},
        {"tablespaces": {"../x": "/space"}},
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any]) -> None:
    text = json.dumps(json.loads(label().to_text()) | change)
    with pytest.raises(Broken):
        labels.of_text(text)


def test_a_label_is_its_own_directorys(tmp_path: Path) -> None:
    directory = put(tmp_path, label())
    assert labels.read(str(directory)) == label()

    other = put(tmp_path, label(), "20261130T210308Z_server1")
    with pytest.raises(Broken, match="is that of"):
        labels.read(str(other))


def test_no_link_is_followed_and_nothing_waited_for(tmp_path: Path) -> None:
    directory = put(tmp_path, label())
    real = directory / places.LABEL
    real.rename(tmp_path / "elsewhere")
    real.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="link"):
        labels.read(str(directory))

    real.unlink()
    with pytest.raises(Broken, match="no label"):
        labels.read(str(directory))

    real.write_text(" " * (1 << 21))
    with pytest.raises(Broken, match="too long"):
        labels.read(str(directory))


def test_names_tell_whose_and_what() -> None:
    name = places.name_of("20261129T210308Z", "a_b")
    assert places.server_of(name) == "a_b"
    for entry in (places.unfinished(name), places.removed(name)):
        assert places.meant(entry) == name
        assert places.server_of(entry) == ""
    for odd in ("", ".", "..", "x", ".x.new", f".{name}", f"{name}.new", f"{name}/x"):
        assert places.meant(odd) == ""
