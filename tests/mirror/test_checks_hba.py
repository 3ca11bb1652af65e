"""pg_hba.conf as pg_hba_file_rules tells it: trust, broken lines, who is let in."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.checks import hba
from pgx_mirror.checks.hba import Rule

MASK = "255.255.255.255"
NET = "255.255.255.0"


def rule(
    address: str = "192.0.2.100",
    mask: str = MASK,
    method: str = "scram-sha-256",
    *,
    databases: str = "replication",
    users: str = "all",
    kind: str = "host",
    error: str = "",
) -> Rule:
    row = ("/d/pg_hba.conf", "3", kind, databases, users, address, mask, method, error)
    return hba.rules([row])[0]


def lacks(address: str, *rules: Rule) -> bool:
    return bool(list(hba.missing(list(rules), "repl", address, "this server")))


TRUSTING = [
    (rule(method="trust"), True),
    (rule("10.0.0.0", "255.0.0.0", "trust"), True),
    (rule("all", "", "trust", kind="hostssl"), True),
    (rule("node2.example", "", "trust", databases="postgres,replication"), True),
    (rule("samenet", "", "trust"), True),
    (rule("127.0.0.1", MASK, "trust"), False),
    (rule("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "trust"), False),
    (rule("", "", "trust", kind="local"), False),
]


@pytest.mark.parametrize(("one", "is_error"), TRUSTING)
def test_trust_for_replication_is_an_error_from_other_hosts(
    one: Rule, is_error: bool
) -> None:
    (found,) = hba.judge([one], "this server")

    assert (
        found.what.primary
        == "pg_hba.conf, line 3, of this server trusts for replication"
    )
    assert found.is_error == is_error


def test_trust_for_databases_is_not_ours_to_judge() -> None:
    assert list(hba.judge([rule(method="trust", databases="all")], "this server")) == []
    assert list(hba.judge([rule()], "this server")) == []


def test_a_line_that_cannot_be_read_is_named() -> None:
    (found,) = hba.judge([rule(error="invalid authentication method")], "the primary")

    assert found.is_error
    assert "pg_hba.conf, line 3, of the primary cannot be read" in found.what.primary
    assert found.what.detail == "Invalid authentication method."


LETS_IN = [
    [rule()],
    [rule("192.0.2.0", NET)],
    [rule("all", "")],
    [rule(users="repl")],
    [rule("192.0.2.7"), rule("192.0.2.0", NET)],
    [rule("192.0.2.100", kind="hostssl", databases="postgres,replication")],
    # Of these it cannot be told from here.
    [rule("samenet", "")],
    [rule("node1.example", "")],
    [rule("node1.example", ""), rule(method="reject")],
    [rule(users="+replicators")],
]
KEEPS_OUT = [
    [],
    [rule(databases="all")],
    [rule("192.0.2.101")],
    [rule("192.0.3.0", NET)],
    [rule(users="other")],
    [rule("", "", kind="local")],
    [rule("2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")],
    [rule(method="reject"), rule("all", "")],
]


@pytest.mark.parametrize("rules", LETS_IN)
def test_who_is_let_in_or_may_be_is_not_missed(rules: list[Rule]) -> None:
    assert not lacks("192.0.2.100", *rules)


@pytest.mark.parametrize("rules", KEEPS_OUT)
def test_who_is_kept_out_is_told(rules: list[Rule]) -> None:
    assert lacks("192.0.2.100", *rules)


def test_a_socket_or_a_name_is_nobodys_address() -> None:
    for address in ("", "/run/postgresql", "node2.example"):
        assert not lacks(address)


WORDS = st.text(max_size=12)


@given(st.lists(st.tuples(*[WORDS] * 9)), st.ip_addresses())
def test_no_line_breaks_it(rows: list[tuple[str, ...]], address: object) -> None:
    rules = hba.rules(rows)
    list(hba.judge(rules, "this server"))
    list(hba.missing(rules, "repl", str(address), "this server"))


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_is_let_in_where_its_network_is(
    address: object, other: object, bits: int
) -> None:
    network = ipaddress.ip_network(f"{other}/{bits}", strict=False)
    one = rule(str(network.network_address), str(network.netmask))
    assert lacks(str(address), one) == (
        ipaddress.ip_address(str(address)) not in network
    )
