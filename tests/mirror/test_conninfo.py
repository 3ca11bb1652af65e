"""A connection string is read as libpq reads it, and one value of it changed."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from pgx_mirror.core import conninfo
from pgx_mirror.core.conninfo import APPLICATION_NAME, Unreadable, parts, with_value

_KEY = st.sampled_from(
    ["host", "port", "user", "password", APPLICATION_NAME, "options"]
)
_RAW = st.text("ab1 '\\=\t\n\v.-ü/", max_size=12)
_PAIR = st.builds(
    lambda key, equals, value: key + equals + value,
    _KEY,
    st.sampled_from(["=", " = ", "=\n", " ="]),
    st.one_of(_RAW, _RAW.map(conninfo.quoted), st.sampled_from(["a", "'b c'", ""])),
)
TEXTS = st.builds(lambda pairs, sep: sep.join(pairs), st.lists(_PAIR, max_size=5),
                  st.sampled_from([" ", "", "\n ", "  "]))  # fmt: skip
VALUES = st.text(st.characters(blacklist_characters="\0", codec="utf-8"))


def libpqs(text: str) -> dict[str, str] | None:
    """Return what libpq reads, None for what it refuses."""
    try:
        found = conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        return None
    return {key: str(value) for key, value in found.items()}


def ours(text: str) -> dict[str, str] | None:
    try:
        return {part.key: part.value for part in parts(text)}
    except Unreadable:
        return None


@given(TEXTS)
@example("a=b")
@example("host= port=5")
@example("host='a'port=5")
@example("host=a\\")
@example("host='a\\'")
@example("password=a\\ b host='c'")
def test_it_is_read_as_libpq_reads_it(text: str) -> None:
    found, want = ours(text), libpqs(text)
    if found is not None and not set(found) <= set(conninfo_keys()):
        assert want is None  # a parameter that libpq does not know
        return

    # libpq's own answer leaves out what is empty, as if it were not there.
    shown = None if found is None else {k: v for k, v in found.items() if v}
    wanted = None if want is None else {k: v for k, v in want.items() if v}
    assert shown == wanted


def conninfo_keys() -> list[str]:
    return [option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()]


@given(TEXTS, VALUES)
def test_one_value_is_changed_and_nothing_else(text: str, value: str) -> None:
    before = ours(text)
    if before is None:
        with pytest.raises(Unreadable):
            with_value(text, APPLICATION_NAME, value)
        return
    after = with_value(text, APPLICATION_NAME, value)

    assert ours(after) == before | {APPLICATION_NAME: value}
    assert conninfo.value_of(after, APPLICATION_NAME) == value
    assert with_value(after, APPLICATION_NAME, value) == after


def test_what_follows_quotes_without_a_blank_is_kept_apart() -> None:
    got = with_value("application_name='a b'port=1", APPLICATION_NAME, "x")

    assert ours(got) == {APPLICATION_NAME: "x", "port": "1"}


def test_what_stands_beside_it_stays_to_the_byte() -> None:
    text = "user='it\\'s'  application_name=standby1 password=a\\ b\thost=x"

    got = with_value(text, APPLICATION_NAME, "standby1_joining")

    assert got == text.replace("standby1", "standby1_joining")


@pytest.mark.parametrize(
    "text", ["postgresql://h/d", "postgres://", "a", "a=b c", "=b"]
)
def test_what_cannot_be_read_is_not_shown(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parts(text + " password=secret" if "/" not in text else text)

    assert "secret" not in str(caught.value)
