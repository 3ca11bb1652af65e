"""By which method mc_ctl setup makes a standby: the table, and what is promised of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core import wal
from pgx_mirror.setup.choosing import (
    End,
    Known,
    Upstream,
    choose,
)
from pgx_mirror.setup.methods import COPY, REWIND, STREAMING
from pgx_mirror.setup.needed import first_missing
from pgx_mirror.setup.upstream import oldest
from pgx_mirror.setup.wal_end import history, record_end

# The primary left timeline 1 at 500, has it from 300 on, and is at 900 of timeline 2.
THERE = Upstream(2, 900, ((1, 500),), oldest=300)
HERE = Known(End(1, 500), THERE, marked=1, segment=100)

TABLE: dict[str, tuple[Known, str, str]] = {
    "an old primary that was stopped in time": (HERE, STREAMING, "ends at 0/1F4"),
    "one that was started once more": (
        replace(HERE, end=End(1, 501)),
        REWIND,
        "primary left timeline 1 at 0/1F4",
    ),
    "the same, without checksums": (
        replace(HERE, end=End(1, 501), no_rewind="no checksums"),
        COPY,
        "not by a rewind: no checksums",
    ),
    "one that went apart from where the log has gone": (
        replace(HERE, end=End(1, 501), upstream=replace(THERE, oldest=501)),
        COPY,
        "not by a rewind: both went apart at 0/1F4, and the primary has its",
    ),
    "one that is too old": (replace(HERE, end=End(1, 299)), COPY, "from 0/12C on"),
    "one whose file of the log has gone": (
        replace(HERE, end=End(1, 350), upstream=replace(THERE, oldest=301)),
        COPY,
        "from 0/12D on",
    ),
    "nobody tells what the primary has": (
        replace(HERE, upstream=replace(THERE, oldest=None)),
        COPY,
        "cannot be asked",
    ),
    "a standby that is behind": (
        Known(End(2, 800, ((1, 500),)), THERE, follows=True, segment=100),
        STREAMING,
        "mc_ctl start alone would do",
    ),
    "a standby that is before its primary": (
        Known(End(2, 901, ((1, 500),)), THERE, follows=True, segment=100),
        COPY,
        "the primary is at 0/384",
    ),
    "one that was promoted by hand": (
        Known(End(3, 700, ((1, 500), (2, 600))), THERE, marked=2, segment=100),
        REWIND,
        "which its mark is not of",
    ),
    "one whose timeline is called as the primary's": (
        Known(End(2, 700, ((1, 400),)), THERE, marked=1, segment=100),
        COPY,
        "its timeline 2 and the primary's are two",
    ),
    "one whose timeline was begun beside the primary's": (
        Known(
            End(3, 700, ((1, 500), (2, 600))),
            replace(THERE, timeline=4, before=((1, 500), (2, 800))),
            marked=1,
            segment=100,
        ),
        COPY,
        "its timeline 2 and the primary's are two",
    ),
    "an empty one": (
        Known("it is empty", THERE, no_rewind="it is empty"),
        COPY,
        "by a copy: it is empty",
    ),
}


@pytest.mark.parametrize("what", TABLE)
def test_the_table(what: str) -> None:
    known, method, word = TABLE[what]

    choice = choose(known)

    assert choice.method == method
    assert any(word in line for line in choice.why), choice.why
    assert len(set(choice.why)) == len(choice.why)


def test_a_file_of_history_is_read() -> None:
    text = "1\t0/3000060\tno recovery target specified\n\n2\t1/5\tbefore 2020\n"
    assert history(text) == ((1, 0x3000060), (2, (1 << 32) + 5))


def test_where_a_record_ends() -> None:
    page, segment = 8192, 1 << 24
    assert record_end(40, 114, page, segment) == 40 + 120
    assert record_end(8192 - 32, 32, page, segment) == 8192
    assert record_end(8192 - 32, 33, page, segment) == 8192 + 24 + 8
    assert record_end(segment - 8, 16, page, segment) == segment + 40 + 8
    assert record_end(40, 2 * page, page, segment) == 2 * page + 24 + 40 + 24


def test_the_first_file_that_is_missing() -> None:
    assert first_missing({100, 200, 400}, 100, 100) == 300
    assert first_missing(set(), 100, 100) == 100


def test_the_oldest_file_from_which_on_none_is_missing() -> None:
    there = {100, 200, 400, 500, 600}
    assert oldest(there, 550, 100) == 400
    assert oldest(there, 700, 100) == 400
    assert oldest(there, 800, 100) is None
    assert wal.first("0000000200000001000000FF", 1 << 24) == wal.number("1/FF000000")
