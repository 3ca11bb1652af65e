"""A pair's synchronous_standby_names is one name that PostgreSQL takes for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.server import Server
from pgx_mirror.core import standby_name
from pgx_mirror.core.standby_name import LONGEST, NotOneName, one_name, value_of
from tests.fix_sessions import Connect

NAMES = st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=LONGEST
).filter(lambda name: not standby_name.fault(name))


@given(NAMES)
def test_a_name_is_read_as_it_is_written(name: str) -> None:
    assert one_name(value_of(name)) == name
    assert one_name(f" \t{value_of(name)}\n") == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("standby1", "standby1"),
        ('"my-standby"', "my-standby"),
        ('"a""b"', 'a"b'),
        ('"first"', "first"),
        ("1", "1"),
        ("s$1", "s$1"),
    ],
)
def test_one_name_is_taken(value: str, name: str) -> None:
    assert one_name(value) == name


REFUSED = [
    "", " ", "*", '"*"', "a,b", "a b", "first", "ANY 1 (a)", "FIRST 1 (a)", "1 (a)",
    "my-standby", '"a', '"a" "b"', '""', "pgx_mirror_barrier", "PGX_Mirror_Barrier",
    "walreceiver", "MC_Ctl", "standby1_joining", "a" * (LONGEST + 1), "näme", '"a\nb"',
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED)
def test_what_is_not_one_name_is_refused(value: str) -> None:
    with pytest.raises(NotOneName):
        one_name(value)


@given(st.text(max_size=20))
def test_any_value_is_a_name_or_refused(value: str) -> None:
    try:
        name = one_name(value)
    except NotOneName:
        return
    assert not standby_name.fault(name)


def test_upper_and_lower_case_are_the_same() -> None:
    assert standby_name.same("Standby1", "STANDBY1")
    assert not standby_name.same("standby1", "standby2")


@pytest.mark.one_postgres
def test_what_is_written_is_a_value_for_postgresql(
    server: Server, connect: Connect
) -> None:
    server.start_plain()
    session = connect(server)
    file = server.data / "postgresql.auto.conf"

    @given(NAMES)
    def is_taken(name: str) -> None:
        value = value_of(name).replace("\\", "\\\\").replace("'", "''")
        file.write_text(f"synchronous_standby_names = '{value}'\n")
        found = session.execute(
            "select setting, error from pg_file_settings where "
            "name = 'synchronous_standby_names'"
        ).fetchall()
        assert found == [(value_of(name), None)]

    is_taken()
    file.write_text("synchronous_standby_names = 'my-standby'\n")
    refused = session.execute("select error from pg_file_settings where error <> ''")
    assert refused.fetchall() == [("setting could not be applied",)]
