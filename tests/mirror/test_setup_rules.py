"""When a standby is not made, what is told of a copy, and what is wiped: without a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_base.failure import Failure
from pgx_mirror.core import slot_name, standby_name
from pgx_mirror.core.mark import ALONE, FILE, GIVEN, NEW, OUT, PAIR, SYNC, Mark
from pgx_mirror.setup import local, wiping
from pgx_mirror.setup.copying import PG_BASEBACKUP, told
from pgx_mirror.setup.local import Local
from pgx_mirror.setup.refusals import Asked, refusals
from pgx_mirror.setup.session import More
from pgx_mirror.setup.source import Source, Told

ASKED = Asked("nd2", "nd1", "/data", begun=False, one_host=False)
TOLD = Told("7", 3, 150018, "", standby=False, keep="1GB", limits=(1, 1, 1, 1, 1))
EMPTY = Local(empty=True)
OURS = Local(empty=False, mark=Mark("nd2", "g", "7", 4, GIVEN), system="7", timeline=2)
MORE = More(mark=Mark("nd1", "h", "7", 5, ALONE))


def mark(state: str, epoch: int = 4, owner: str = "nd2", system: str = "7") -> Mark:
    return Mark(owner, "g", system, epoch, state)


CASES: list[tuple[str, Asked, Told, More, Local]] = [
    ("", ASKED, TOLD, MORE, EMPTY),
    ("", ASKED, TOLD, More(why="no"), EMPTY),
    ("", ASKED, TOLD, MORE, OURS),
    ("", replace(ASKED, begun=True), TOLD, MORE, Local(empty=False)),
    ("standby itself", ASKED, replace(TOLD, standby=True), MORE, EMPTY),
    ("not supported", ASKED, replace(TOLD, version=120005), MORE, EMPTY),
    ("waits for a standby", ASKED, replace(TOLD, names="nd2"), MORE, EMPTY),
    ("", replace(ASKED, name="nd2"), TOLD, replace(MORE, name="ND2"), EMPTY),
    (
        "another name",
        replace(ASKED, name="servr2"),
        TOLD,
        replace(MORE, name="nd2"),
        EMPTY,
    ),
    ("tablespaces", replace(ASKED, one_host=True), TOLD, More(("/s",)), EMPTY),
    ("", ASKED, TOLD, More(("/s",)), EMPTY),
    # Replayed on the primary's own host, CREATE TABLESPACE leads to the primary's files.
    (
        "this server has tablespaces",
        replace(ASKED, one_host=True),
        TOLD,
        More(why="no"),
        replace(OURS, spaces=("/s",)),
    ),
    ("", replace(ASKED, one_host=True), TOLD, MORE, replace(OURS, spaces=("/s",))),
    ("", ASKED, TOLD, More(why="no"), replace(OURS, spaces=("/s",))),
    ("its directory is not", replace(ASKED, occupied=("/s/x",)), TOLD, MORE, EMPTY),
    ("not this server's", ASKED, TOLD, MORE, Local(empty=False)),
    (
        "not this server's",
        ASKED,
        TOLD,
        MORE,
        replace(OURS, mark=mark(OUT, owner="nd1")),
    ),
    ("another database", ASKED, TOLD, MORE, replace(OURS, mark=mark(OUT, system="8"))),
    ("another database", ASKED, TOLD, MORE, replace(OURS, system="8")),
    ("", ASKED, TOLD, MORE, replace(OURS, system="")),
    *(("", ASKED, TOLD, MORE, replace(OURS, mark=mark(s))) for s in (SYNC, OUT, NEW)),
    # A primary's data goes only where the other server was promoted since.
    ("", ASKED, TOLD, MORE, replace(OURS, mark=mark(PAIR))),
    ("", ASKED, TOLD, More(why="no"), replace(OURS, mark=mark(PAIR))),
    # Who was alone waited for nobody: a timeline alone may be a promotion by hand.
    (
        "commits that the other",
        ASKED,
        TOLD,
        More(why="no"),
        replace(OURS, mark=mark(ALONE)),
    ),
    # Where nobody was waited for, commits were acknowledged, whatever was promised.
    *(
        (
            "commits that the other",
            ASKED,
            TOLD,
            MORE,
            replace(OURS, mark=mark(s), loose=True),
        )
        for s in (SYNC, OUT, NEW, GIVEN)
    ),
    *(
        (
            "commits that the other",
            ASKED,
            told_,
            more,
            replace(OURS, mark=mark(s), timeline=at),
        )
        for s in (PAIR, ALONE)
        for told_, more, at in [
            (replace(TOLD, timeline=2), MORE, 2),
            (TOLD, MORE, 0),
            (TOLD, More(mark=mark(ALONE, 4, "nd1")), 2),
            (TOLD, More(mark=mark(ALONE, 5, "nd3")), 2),
            # A standby that has renounced, and was promoted by hand: its epoch is later.
            (TOLD, More(mark=mark(OUT, 6, "nd1")), 2),
        ]
    ),
]


@pytest.mark.parametrize(("want", "asked", "says", "more", "here"), CASES)
def test_what_is_refused(
    want: str, asked: Asked, says: Told, more: More, here: Local
) -> None:
    found = [reason.primary for reason in refusals(asked, says, more, here)]

    assert len(found) == bool(want)
    assert want in "".join(found)


STATES = st.sampled_from([PAIR, ALONE, GIVEN, SYNC, OUT, NEW])
LOCALS = st.builds(
    Local,
    empty=st.booleans(),
    mark=st.none()
    | st.builds(
        mark,
        STATES,
        st.integers(0, 3),
        st.sampled_from(["nd1", "nd2"]),
        st.sampled_from(["7", "8"]),
    ),
    system=st.sampled_from(["", "7", "8"]),
    timeline=st.integers(0, 4),
    loose=st.booleans(),
)


@given(
    LOCALS, st.integers(1, 4), st.none() | st.builds(mark, STATES, st.integers(0, 4))
)
def test_nothing_is_wiped_that_may_have_the_only_copy_of_a_commit(
    here: Local, timeline: int, other: Mark | None
) -> None:
    says = replace(TOLD, timeline=timeline)
    if refusals(ASKED, says, More(mark=other), here) or here.empty:
        return
    assert here.mark is not None
    assert (here.mark.owner, here.mark.system) == ("nd2", "7")
    if here.mark.state in (PAIR, ALONE):
        assert 0 < here.timeline < timeline
        assert other is not None or here.mark.state == PAIR
        assert other is None or other.epoch > here.mark.epoch
        assert other is None or other.state in (PAIR, ALONE)
    else:
        assert not here.loose


COPIED = """\
pg_basebackup: initiating base backup, waiting for checkpoint to complete
pg_basebackup: checkpoint completed
pg_basebackup: write-ahead log start point: 0/2000028 on timeline 1
    0/22953 kB (0%), 0/1 tablespace (b/backup_label )
 1200/22953 kB (5%), 0/1 tablespace (b/base/1/x   )
12000/22953 kB (52%), 0/1 tablespace (b/base/1/y  )
13000/22953 kB (56%), 0/1 tablespace (b/base/1/z  )
22953/22953 kB (100%), 1/1 tablespace
pg_basebackup: waiting for background process to finish streaming ...
pg_basebackup: syncing data to disk ...
pg_basebackup: base backup completed
"""


def test_of_a_copy_phases_are_told_and_per_cent_once_a_second() -> None:
    clock = iter(range(100))
    lines = iter(COPIED.splitlines())
    assert list(told(lines, PG_BASEBACKUP, lambda: next(clock) * 0.4)) == [
        "waiting for the primary's checkpoint",
        "copying",
        "copied 0 %, 0 of 22953 kB",
        "copied 56 %, 13000 of 22953 kB",
        "copied 100 %, 22953 of 22953 kB",
        "waiting for the last of the write-ahead log",
        "syncing",
    ]


@given(
    st.text(
        st.characters(codec="ascii", exclude_characters=" #/"), min_size=1, max_size=64
    )
)
def test_a_slot_has_a_name_that_postgresql_takes(server: str) -> None:
    slot = slot_name.of(server)

    assert len(slot) <= 63
    assert set(slot) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


@given(st.sets(st.text("aA_-.b", min_size=1, max_size=60), min_size=2, max_size=2))
def test_two_servers_share_no_slot(servers: set[str]) -> None:
    one, other = servers

    assert slot_name.of(one) != slot_name.of(other)


def test_a_connection_string_keeps_what_is_ours() -> None:
    source = Source(
        "h'o", "5432", "us er", "server\\2", "sslmode=require host=elsewhere"
    )

    assert source.conninfo(application_name=source.joining) == (
        "sslmode=require host=elsewhere host='h\\'o' port='5432' user='us er'"
        " application_name='server\\\\2_joining'"
    )
    assert source.joining.endswith(standby_name.JOINING)


def instance(data: Path, wal: Path, space: Path) -> None:
    for directory in (data / "global", data / "pg_tblspc", wal, space / "PG_15_1"):
        directory.mkdir(parents=True)
    for file in ("PG_VERSION", FILE, "global/pg_control", "postgresql.conf"):
        (data / file).write_text("x")
    (data / "pg_wal").symlink_to(wal)
    (data / "pg_tblspc" / "16384").symlink_to(space)
    (wal / "000000010000000000000001").write_text("x")
    (space / "mine").write_text("x")


def test_a_wiped_directory_is_empty_and_nothing_else_is_touched(tmp_path: Path) -> None:
    data, wal, space = tmp_path / "data", tmp_path / "wal", tmp_path / "space"
    instance(data, wal, space)
    (data / "elsewhere").symlink_to(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    found = local.look(str(data))
    assert (found.wal, found.spaces) == (str(wal), (str(space),))
    assert local.occupied(str(space), [f"{space}/PG_15_1"]) == [f"{space}/mine"]

    wiping.wipe(str(data), found.wal, wiping.filled([str(space)]))

    assert list(data.iterdir()) == list(wal.iterdir()) == []
    assert [path.name for path in space.iterdir()] == ["mine"]
    assert (tmp_path / "kept" / "file").exists()
    wiping.wipe(str(data), found.wal)  # again, as after a kill


def test_what_cannot_be_wiped_is_told_and_cannot_be_started(tmp_path: Path) -> None:
    data = tmp_path / "data"
    instance(data, tmp_path / "wal", tmp_path / "space")
    with pytest.raises(Failure, match="could not empty"):
        wiping.wipe(str(data), parts=[str(tmp_path / "gone")])

    assert not (data / "global" / "pg_control").exists()
