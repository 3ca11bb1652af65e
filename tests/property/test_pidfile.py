"""postmaster.pid is evidence: whatever stands there, nothing but Garbled is raised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_postgres.pidfile import Garbled, parse
from pgx_postgres.probe import sqlstate
from pgx_postgres.probe.addresses import from_pidfile, parse_tcp, parse_unix

LINES = st.lists(
    st.one_of(st.binary(max_size=20), st.integers().map(lambda n: str(n).encode())),
    max_size=12,
).map(b"\n".join)


@given(st.one_of(st.binary(max_size=200), LINES))
def test_any_bytes(data: bytes) -> None:
    try:
        found = parse(data)
    except Garbled:
        return
    assert found.pid != 0
    from_pidfile(found, "/d")


@given(st.lists(st.text(max_size=80), max_size=10))
def test_any_socket_table(lines: list[str]) -> None:
    parse_unix(lines, frozenset({"1"}), "/d")
    parse_tcp(lines, frozenset({"1"}))


@given(st.binary(max_size=100))
def test_any_message(message: bytes) -> None:
    code = sqlstate.parse(message)

    assert code is None or len(code) == 5
