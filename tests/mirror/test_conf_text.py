"""synchronous_standby_names goes out and in of postgresql.conf, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pgx_mirror.core import standby_name
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_OUT, NAMES_SET
from pgx_mirror.core.standby_name import BARRIER
from pgx_mirror.data import conf_text
from pgx_mirror.data.conf_text import OURS, PARAMETER, NoName, edit, read
from pgx_postgres import conf_lines

STATES = (NAMES_OUT, NAMES_BARRIER, NAMES_SET)
INITDB = b"""\
# - Primary Server -
#synchronous_standby_names = ''\t# standby servers that provide sync rep
\t\t\t\t# method to choose sync standbys, number of sync standbys,
#max_slot_wal_keep_size = -1
"""
REAL = b"synchronous_standby_names = 'standby1'\t# the pair's\r\n"

_NAME = st.sampled_from(["standby1", "STANDBY1", "standby2", "my-standby", "it's"])
_OTHER = st.sampled_from(
    [
        b"port = 5432", b"# a comment", b"", b"\t", b"a = 'b", b"include 'x.conf'", b"\xff\xfe",
        b"#synchronous_standby_names = ''", b"# synchronous_standby_names = 'a, b'",
        b"#synchronous_standby_names = 'x' is an example", b"synchronous_standby_names =",
        b"synchronous_standby_names.x = 'y'", b"xsynchronous_standby_names = 'y'",
        b"##synchronous_standby_names = 'standby9'", b"#synchronous_standby_names = '*'",
    ]
)  # fmt: skip


@st.composite
def setting(draw: st.DrawFn) -> bytes:
    """An active line with a name, in one of the forms that people write."""
    name = standby_name.value_of(draw(_NAME)).encode()
    parameter = draw(st.sampled_from([PARAMETER, b"Synchronous_Standby_NAMES"]))
    equals = draw(st.sampled_from([b" = ", b"=", b" ", b"\t=\t"]))
    before = draw(st.sampled_from([b"", b" ", b"\t"]))
    after = draw(st.sampled_from([b"", b" ", b"# no 'end", b"  # synchronous", b" #"]))
    return before + parameter + equals + conf_lines.quoted(name) + after


_ACTIVE = st.one_of(
    setting(),
    st.sampled_from(
        [b"synchronous_standby_names = ''", b"synchronous_standby_names = '*'"]
    ),
    st.just(b"synchronous_standby_names = 'pgx_mirror_barrier'"),
)
_KEPT = setting().map(lambda line: b"#" + line)


@st.composite
def content(draw: st.DrawFn, line: st.SearchStrategy[bytes]) -> bytes:
    lines = draw(st.lists(line, max_size=8))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    return end.join(lines) + draw(st.sampled_from([b"", end]))


ANY = content(st.one_of(_OTHER, _ACTIVE, _KEPT))


def effective(text: bytes) -> bytes:
    """Return the value that PostgreSQL would read."""
    found = [line.value for line in conf_lines.lines(text) if line.name == PARAMETER]
    return found[-1] if found else b""


def others(text: bytes) -> list[bytes]:
    """Return the lines that have nothing to do with the parameter, active or commented out."""
    found = conf_lines.lines(text)
    return [
        line.text.rstrip(b"\r\n")
        for line in found
        if line.name != PARAMETER and conf_text.commented(line) is None
    ]


@given(ANY, st.sampled_from(STATES))
def test_what_is_edited_reads_as_it_was_meant(text: bytes, state: str) -> None:
    before = read(text)
    try:
        after = edit(text, state)
    except NoName as ex:
        assert not before.name
        assert before.why == str(ex)
        return
    found = read(after)

    assert others(after) == others(text)
    assert found.state == state
    assert not before.name or found.name == before.name
    if state == NAMES_OUT:
        assert effective(after) == b""
    elif state == NAMES_BARRIER:
        assert effective(after) == BARRIER.encode()
    elif before.name:
        assert standby_name.one_name(effective(after).decode()) == before.name
    assert edit(after, state) == after


@given(ANY, st.lists(st.sampled_from(STATES), max_size=6))
def test_the_name_stays_whatever_comes(text: bytes, states: list[str]) -> None:
    name = read(text).name
    assume(name)
    for state in states:
        text = edit(text, state)
        assert read(text).name == name


@given(
    content(st.one_of(_OTHER, _KEPT)),
    setting(),
    content(st.one_of(_OTHER, _KEPT)),
    st.lists(st.sampled_from(STATES), max_size=4),
)
def test_what_was_out_and_is_set_again_is_the_same(
    before: bytes, line: bytes, after: bytes, states: list[str]
) -> None:
    if before and not before.endswith(b"\n"):
        before += b"\n"
    text = before + line + (b"\n" if after else b"") + after
    changed = text
    for state in states:
        changed = edit(changed, state)

    assert edit(changed, NAMES_SET) == text


@given(ANY, st.sampled_from(STATES), _NAME)
def test_a_name_is_put_in_whatever_is_there(text: bytes, state: str, name: str) -> None:
    after = edit(text, state, name)
    found = read(after)

    assert (found.state, found.name) == (state, name)
    assert others(after) == others(text)
    assert edit(after, state, name) == after


def test_initdbs_own_line_is_not_ours() -> None:
    assert read(INITDB).name == ""
    assert edit(INITDB, NAMES_OUT) == INITDB
    for state in (NAMES_BARRIER, NAMES_SET):
        with pytest.raises(NoName, match="no line has a name"):
            edit(INITDB, state)
    assert edit(INITDB, NAMES_SET, "standby1").startswith(INITDB)


def test_what_is_out_by_an_empty_value_stays_as_it_is() -> None:
    text = b"synchronous_standby_names = ''\n"

    assert read(text).state == NAMES_OUT
    assert edit(text, NAMES_OUT) == text


def test_the_line_is_commented_out_as_the_manual_has_it() -> None:
    text = INITDB + REAL

    out = edit(text, NAMES_OUT)
    barrier = edit(text, NAMES_BARRIER)

    assert out == INITDB + b"#" + REAL
    assert barrier == (
        INITDB + b"synchronous_standby_names = 'pgx_mirror_barrier'\r\n#" + REAL
    )
    assert edit(barrier, NAMES_SET) == edit(out, NAMES_SET) == text


def test_an_old_name_beside_it_is_not_taken_for_it() -> None:
    old = b"#synchronous_standby_names = 'old'\n"
    text = old + REAL + old

    out = edit(text, NAMES_OUT)

    assert OURS in out
    assert read(out).name == "standby1"
    assert edit(out, NAMES_SET) == text


def test_of_two_that_are_commented_out_none_is_guessed() -> None:
    text = b"#synchronous_standby_names = 'a'\n#synchronous_standby_names = 'b'\n"

    assert read(text).why == "lines 1, 2 are commented out, each with another name"
    with pytest.raises(NoName, match="lines 1, 2"):
        edit(text, NAMES_SET)


def test_of_two_that_are_active_the_last_counts_and_both_go() -> None:
    text = (
        b"synchronous_standby_names = 'a'\nport = 1\nsynchronous_standby_names = 'b'\n"
    )

    out = edit(text, NAMES_OUT)

    assert read(text).name == read(out).name == "b"
    assert effective(out) == b""
    assert effective(edit(out, NAMES_SET)) == b"b"


@pytest.mark.parametrize("value", [b"*", b"a, b", b"ANY 1 (a)", b"walreceiver"])
def test_what_is_not_one_name_is_told(value: bytes) -> None:
    found = read(b"port = 1\nsynchronous_standby_names = '" + value + b"'\n")

    assert (found.state, found.name, found.value) == (NAMES_SET, "", value)
    assert "(line 2)" in found.why


def test_a_syntax_error_is_told_and_stays() -> None:
    text = b"a = 'b\n" + REAL

    assert read(text).wrong == (1,)
    assert edit(edit(text, NAMES_OUT), NAMES_SET) == text


def test_a_name_that_cannot_be_one_is_not_put_in() -> None:
    with pytest.raises(NoName, match="reserved"):
        edit(INITDB, NAMES_SET, BARRIER)
