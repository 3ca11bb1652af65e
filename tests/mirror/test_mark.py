"""A mark is what was written, or is known to be broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core import cell, wal
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.mark import STATES, Broken, Mark, decode, encode

_WORD = st.text("abcdef0123456789._-:", max_size=64)
_NUMBER = st.integers(0, 2**64)
MARKS = st.builds(
    Mark,
    owner=_WORD,
    generation=_WORD,
    system=_WORD,
    epoch=_NUMBER,
    state=st.sampled_from(STATES),
    pair=_NUMBER,
    peer_generation=_WORD,
    policy=_WORD,
    register=_WORD,
    timeline=_NUMBER,
    inode=_NUMBER,
    directory=_NUMBER,
    since=_WORD,
)


@given(MARKS)
def test_what_was_written_is_read(mark: Mark) -> None:
    assert decode(encode(mark)) == mark


@given(MARKS, st.data())
def test_a_mark_that_was_cut_or_changed_is_broken(
    mark: Mark, data: st.DataObject
) -> None:
    text = encode(mark)
    at = data.draw(st.integers(0, len(text) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    changed = text[:at] + bytes([text[at] ^ bit]) + text[at + 1 :]

    for broken in (text[:at], changed):
        with pytest.raises(Broken):
            decode(broken)


@given(st.integers(0, 2**64 - 1))
def test_a_position_is_read_as_it_is_written(position: int) -> None:
    assert wal.number(wal.text(position)) == position


@pytest.mark.parametrize("text", ["", "16", "x/1", "1/"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        wal.number(text)


def test_the_cell_is_won_once_and_only_lifted() -> None:
    pair = Cell(3, cell.PAIR, "server1")

    taken = cell.won(pair, 3, "server2")

    assert taken == Cell(4, cell.ALONE, "server2")
    assert cell.won(taken, 3, "server1") is None
    assert cell.won(pair, 2, "server1") is None
    assert cell.lifted(taken, Cell(4, cell.PAIR, "server1")) is None
    assert cell.lifted(taken, Cell(5, cell.ALONE, "server1")) is not None
    assert cell.won(None, 0, "server1") is None
    assert cell.lifted(None, Cell(5, cell.ALONE, "server1")) is None
