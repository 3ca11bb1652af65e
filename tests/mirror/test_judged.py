"""What a data directory is for the pair: by its mark, by standby.signal, by a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_base.failure import Failure
from pgx_mirror.core import judged
from pgx_mirror.core.judged import (
    BROKEN,
    COPY,
    DEPOSED,
    FOREIGN,
    GOOD,
    MISSING,
    PRIMARY,
    PROMOTED,
    STANDBY,
    Directory,
    Found,
    judge,
)
from pgx_mirror.core.mark import (
    ALONE,
    GIVEN,
    NEW,
    OUT,
    PAIR,
    STATES,
    SYNC,
    Mark,
)

FRESH = "f" * 32


def mark(state: str, epoch: int = 5, owner: str = "server1") -> Mark:
    return Mark(owner, "a" * 32, "7000", epoch, state)


def directory(*, standby: bool) -> Directory:
    return Directory("server1", "7000", standby, FRESH)


FOUND = st.one_of(
    st.builds(Found, st.just(GOOD), st.sampled_from(STATES).map(mark)),
    st.builds(
        Found,
        st.sampled_from((FOREIGN, COPY)),
        st.builds(mark, st.sampled_from(STATES), st.integers(0, 99)),
    ),
    st.builds(Found, st.sampled_from((MISSING, BROKEN))),
)


def outcome(found: Found, *, standby: bool, as_primary: bool) -> judged.Judged | None:
    """Return what was judged, None where it was refused."""
    try:
        return judge(found, directory(standby=standby), as_primary=as_primary)
    except Failure as ex:
        assert ex.detail and ex.hint
        return None


@pytest.mark.parametrize(
    ("state", "standby", "role"),
    [
        (PAIR, False, PRIMARY),
        (ALONE, False, PRIMARY),
        (GIVEN, False, DEPOSED),
        (ALONE, True, STANDBY),
        (SYNC, True, STANDBY),
        (OUT, True, STANDBY),
        (NEW, True, STANDBY),
        (SYNC, False, PROMOTED),
        (OUT, False, PROMOTED),
        (NEW, False, PROMOTED),
    ],
)
def test_a_good_mark_decides(state: str, standby: bool, role: str) -> None:
    found = judge(Found(GOOD, mark(state)), directory(standby=standby))

    assert (found.role, found.mark, found.new) == (role, mark(state), False)


@pytest.mark.parametrize("case", [GOOD, FOREIGN, COPY])
def test_given_is_no_standby_until_it_was_set_up(case: str) -> None:
    with pytest.raises(Failure, match="was deposed"):
        judge(Found(case, mark(GIVEN)), directory(standby=True))


def test_a_primarys_mark_beside_standby_signal_is_refused() -> None:
    with pytest.raises(Failure, match="primary or standby"):
        judge(Found(GOOD, mark(PAIR)), directory(standby=True))


@given(FOUND)
def test_a_standby_without_a_good_mark_is_new(found: Found) -> None:
    got = outcome(found, standby=True, as_primary=False)
    if found.case == GOOD or (found.mark and found.mark.state == GIVEN):
        return

    assert got == judged.Judged(
        STANDBY, Mark("server1", FRESH, "7000", 0, NEW), new=True
    )


@given(FOUND, st.booleans())
def test_nobody_is_primary_without_a_good_mark_or_the_word(
    found: Found, as_primary: bool
) -> None:
    got = outcome(found, standby=False, as_primary=as_primary)
    if found.case == GOOD:
        assert got is None or not got.new
    elif not as_primary:
        assert got is None
    else:
        epoch = found.mark.epoch + 2 if found.mark else 1
        want = Mark("server1", FRESH, "7000", epoch, ALONE)
        assert got == judged.Judged(PRIMARY, want, new=True)


@given(FOUND, st.booleans())
def test_the_word_never_undoes_a_promise(found: Found, standby: bool) -> None:
    """Who has given the pen, or is a standby, is not made primary by a start."""
    got = outcome(found, standby=standby, as_primary=True)
    if standby or (
        found.case == GOOD and found.mark and found.mark.state not in (PAIR, ALONE)
    ):
        assert got is None


def test_a_missing_mark_is_told_with_the_way_out() -> None:
    with pytest.raises(Failure, match="cannot tell whether this server may") as caught:
        judge(Found(MISSING, why="is missing"), directory(standby=False))

    assert "is missing" in str(caught.value.detail)
    assert "--as-primary" in str(caught.value.hint)


@pytest.mark.parametrize("in_place", [True, False])
def test_the_directory_of_the_other_server_itself_is_nobodys_first(
    in_place: bool,
) -> None:
    """What names it is a db_instance that is wrong; a copy may be a recovery from a backup."""
    found = Found(FOREIGN, mark(PAIR, owner="server2"), "is that of server2", in_place)
    with pytest.raises(Failure) as caught:
        judge(found, directory(standby=False))

    hint = str(caught.value.hint)
    assert ("Correct db_instance in server1.conf" in hint) == in_place
    assert ("--as-primary" in hint) != in_place


def test_a_standby_that_is_to_take_over_alone_is_started_without_its_server() -> None:
    """Its server's start is refused while no primary answers."""
    with pytest.raises(Failure, match="by a start") as caught:
        judge(Found(GOOD, mark(SYNC)), directory(standby=True), as_primary=True)

    assert '"mc_ctl start --mc-only", then "mc_ctl switch"' in str(caught.value.hint)
