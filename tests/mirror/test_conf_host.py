"""Which server this host is, and whether its ports are its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_mirror.conf import local, network, ports
from pgx_mirror.conf.network import Endpoint, Member, Network

FAR = "192.0.2.110"  # an address of documents alone


def pair(first: str, second: str) -> Network:
    found, _ = network.read(f"a {first} 26540\nb {second} 26541\n".encode())
    assert found is not None
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "localhost"])
def test_an_address_of_this_host_is_known(host: str) -> None:
    assert local.is_here(host)


@pytest.mark.parametrize(
    "host", [FAR, "2001:db8::1", "no-such-host.invalid", "a" * 64 + ".x"]
)
def test_an_address_of_another_is_not_ours(host: str) -> None:
    assert not local.is_here(host)


@pytest.mark.parametrize(
    ("first", "second", "name"), [(FAR, "127.0.0.1", "b"), ("127.0.0.1", FAR, "a")]
)
def test_the_address_tells_which_server_it_is(
    first: str, second: str, name: str
) -> None:
    found, problems = local.find(pair(first, second), None)

    assert (found and found.identifier, problems) == (name, [])


def test_otherwise_both_are_named() -> None:
    for first, second, said in (
        ("127.0.0.1", "127.0.0.2", "both servers are on this host"),
        (FAR, "192.0.2.100", "neither server is on this host"),
    ):
        found, (problem,) = local.find(pair(first, second), None)

        assert (found, problem.primary) == (None, said)
        assert problem.detail == f'They are "a" at "{first}" and "b" at "{second}".'
        assert "--local-server" in problem.hint


def test_a_name_that_is_given_is_believed() -> None:
    found, problems = local.find(pair(FAR, "127.0.0.1"), "a")
    assert (found and found.identifier, problems) == ("a", [])

    found, (problem,) = local.find(pair(FAR, "127.0.0.1"), "aa")
    assert (found, problem.primary) == (None, 'there is no server "aa"')
    assert problem.hint == 'Perhaps "a" was meant.'


# --- ports ----------------------------------------------------------------------

RANGE = "32768\t60999\n"
SERVICES = "mc\t26540/tcp # pair\nother 26541/udp\nodd\n"


@pytest.mark.parametrize(
    ("port", "reserved", "want"),
    [
        (32767, "", False),
        (32768, "", True),
        (60999, "\n", True),
        (61000, "", False),
        (40000, "40000\n", False),
        (40001, "1,40000-40002,50000\n", False),
        (40003, "40000-40002,50000\n", True),
    ],
)
def test_a_port_that_any_program_may_get_is_doubtful(
    port: int, reserved: str, want: bool
) -> None:
    assert ports.ephemeral(port, RANGE, reserved) is want


def test_postgresqls_port_is_doubted_where_any_program_may_get_it() -> None:
    (found,) = ports.unsafe(40000, RANGE, "")

    assert "port 40000 of this server" in found.primary
    assert not list(ports.unsafe(5432, RANGE, ""))


@pytest.mark.parametrize("text", ["", "x y\n", "1\n", "1 2 3\n"])
def test_without_a_range_nothing_is_said(text: str) -> None:
    assert not ports.ephemeral(40000, text, "")


@pytest.mark.parametrize(
    ("port", "want"), [(26540, True), (26541, False), (2654, False)]
)
def test_a_port_is_registered_for_tcp(port: int, want: bool) -> None:
    assert ports.registered(port, SERVICES) is want


def test_each_port_of_a_server_is_doubted_by_itself() -> None:
    member = Member("a", Endpoint("h", 26540), Endpoint("i", 40000), line=7)

    found = ports.judged(member, RANGE, "", SERVICES)

    assert [(p.severity, p.line, p.primary) for p in found] == [
        ("warning", 7, "port 40000 is one that the system gives to any program"),
        ("warning", 7, "port 40000 is not in /etc/services"),
    ]


def test_this_hosts_own_files_are_read() -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    found = ports.doubts(Member("a", Endpoint("h", low), line=7))
    assert f"port {low} is one that the system gives to any program" in [
        problem.primary for problem in found
    ]
