"""network.conf: both forms, what is wrong with a line and where, and what makes no difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.conf import network
from pgx_mirror.conf.hosts import host_fault
from pgx_mirror.conf.network import Endpoint, Network, network_difference, read

V12 = "server1 192.0.2.100 26540\nserver2 192.0.2.110 26540\n"
NEWER = """\
# the newer form
server1 192.0.2.100,192.0.3.100 27540,27541 server # first
server2 192.0.2.110,192.0.3.110 27540,27541 server

arbiter 192.0.3.120 27541 arbiter
"""
IPV6 = """\
server1 2001:258:8404:1217:250:56ff:fea7:559f 27000
server2 2001:258:8404:1217:250:56ff:fea7:55a0 27100
"""


def parsed(text: str) -> Network:
    found, problems = read(text.encode())
    assert found is not None, problems
    return found


def faults(text: str | bytes) -> list[str]:
    """Return `line: primary` of each problem, errors and warnings."""
    data = text.encode() if isinstance(text, str) else text
    return [f"{problem.line}: {problem.primary}" for problem in read(data)[1]]


def test_the_manuals_examples_are_read() -> None:
    """B.3's, IPv4 and IPv6."""
    found = parsed(V12)

    assert [one.identifier for one in found.servers] == ["server1", "server2"]
    assert found.servers[1].admin == Endpoint("192.0.2.110", 26540)
    assert found.servers[1].arbitration is None
    assert found.arbiter is None
    assert parsed(IPV6).servers[0].admin.port == 27000


def test_the_newer_manuals_example_is_read() -> None:
    found = parsed(NEWER)

    assert found.servers[0].admin == Endpoint("192.0.2.100", 27540)
    assert found.servers[0].arbitration == Endpoint("192.0.3.100", 27541)
    assert found.arbiter is not None
    assert found.arbiter.admin == Endpoint("192.0.3.120", 27541)
    assert [one.line for one in found.members] == [2, 3, 5]
    assert found.peer("server2").identifier == "server1"
    assert found.server("arbiter") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["0: file defines 0 servers, not 2"]),
        ("a h 1\n", ["0: file defines 1 servers, not 2"]),
        (V12 + "c h 1\n", ["3: file defines 3 servers, not 2"]),
        (V12 + "c h 1 arbiter\nd h 2 arbiter\n", ["4: file defines 2 arbiters, not 1"]),
        ("a h\n", ["1: line has 2 words, not 3 or 4"]),
        ("a h, i 1,2 server\n", ["1: line has 5 words, not 3 or 4"]),
        ("a h,i 1\n", ["1: line has 2 addresses and 1 ports"]),
        ("a h,i,j 1,2,3\n", ["1: line has more than 2 addresses"]),
        ("a h,i 1,2 arbiter\n", ["1: line has more than 1 addresses"]),
        ("a h 1 arbitr\n", ['1: unrecognized server type "arbitr"']),
        ("a h 1 etcd\n", ['1: server type "etcd" is none of network.conf']),
        (f"{'x' * 65} h 1\n", [f'1: invalid server identifier "{"x" * 65}"']),
        ("サーバ h 1\n", ['1: invalid server identifier "サーバ"']),
        ("../x h 1\n", ['1: invalid server identifier "../x"']),
        ("network h 1\n", ['1: invalid server identifier "network"']),
        ("a h 0\n", ['1: invalid port "0"']),
        ("a h 65536\n", ['1: invalid port "65536"']),
        ("a h -1\n", ['1: invalid port "-1"']),
        ("a h ２\n", ['1: invalid port "２"']),
        ("a h 123456789012345678901\n", ['1: invalid port "123456789012345678901"']),
        ("a 192.0.2.300 1\n", ['1: invalid host name or address "192.0.2.300"']),
        ("a [::1] 1\n", ['1: invalid host name or address "[::1]"']),
        ("a 2001::db8::1 1\n", ['1: invalid host name or address "2001::db8::1"']),
        ("a 0.0.0.0 1\n", ['1: invalid host name or address "0.0.0.0"']),
        ("a -x 1\n", ['1: invalid host name or address "-x"']),
        ("a h 1\na i 2\n", ['2: server identifier "a" given more than once']),
        ("a h 1\nb H. 1\n", ['2: port 1 of "H." given more than once']),
        ("a ::1 1\nb 0:0:0::1 1\n", ['2: port 1 of "0:0:0::1" given more than once']),
        ("a h,i 1,1\nb j,i 1,1\n", ['2: port 1 of "i" given more than once']),
        (
            "a 127.0.0.1 1\nb 192.0.2.1 1\n",
            ["1: a loopback address can be reached from this host alone"],
        ),
        (b"a h 1 # \x8ac\n", ["1: line is not valid UTF-8"]),
        (b"a h\x00 1\n", ["1: line has a control character in it"]),
        (b"#" * 65537, ["0: file is larger than 65536 bytes"]),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    text: str | bytes, said: list[str]
) -> None:
    assert faults(text)[: len(said)] == said


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert faults("a,b 300.1.1.1 x server\n\nb h 0 servr\n") == [
        '1: invalid host name or address "300.1.1.1"',
        '1: invalid port "x"',
        '3: invalid port "0"',
        '3: unrecognized server type "servr"',
    ]


def test_a_type_that_is_nearly_right_is_guessed() -> None:
    assert read(b"a h 1 arbitr\n")[1][0].hint == 'Perhaps "arbiter" was meant.'


def test_an_identifier_of_64_bytes_and_a_file_of_another_system_are_read() -> None:
    name = "x" * 64
    text = f"\ufeff{name}\t192.0.2.1  65535\r\nb 192.0.2.2 1#two\r\n"

    assert parsed(text).servers[0].identifier == name


@pytest.mark.parametrize(
    "host",
    ["db1", "db-1.example.com.", "192.0.2.1", "fe80::1%eth0", "_x", "1a", "localhost"],
)
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    assert host_fault(host) == ""


@given(st.binary(max_size=300))
def test_no_bytes_lead_to_anything_but_an_answer(data: bytes) -> None:
    found, problems = read(data)

    assert (found is None) == any(p.severity == "error" for p in problems)


@given(st.text("ab 1,:.#\n\t[]%serviarbt", max_size=120))
def test_nor_does_what_looks_like_a_file(text: str) -> None:
    found, problems = read(text.encode())

    assert (found is None) == any(p.severity == "error" for p in problems)


_NAME = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1).filter(
    lambda name: not network.identifier_fault(name) and "#" not in name
)
_HOST = st.one_of(
    st.ip_addresses().map(str),
    st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True),
).filter(lambda host: not host_fault(host))
_END = st.tuples(_HOST, st.integers(1, 65535))


@given(
    st.lists(_NAME, min_size=3, max_size=3, unique=True),
    st.lists(_END, min_size=5, max_size=5, unique=True),
)
def test_what_is_written_is_read(names: list[str], ends: list[tuple[str, int]]) -> None:
    (h1, p1), (h2, p2), (h3, p3), (h4, p4), (h5, p5) = ends
    text = (
        f"{names[0]} {h1},{h2} {p1},{p2} server\n{names[1]} {h3},{h4} {p3},{p4}\n"
        f"{names[2]} {h5} {p5} arbiter\n"
    )
    found, problems = read(text.encode())

    if found is None:  # two texts for one address
        assert [p for p in problems if "more than once" in p.primary]
        return
    assert [one.identifier for one in found.members] == names
    told = [(end.host, end.port) for one in found.members for end in one.endpoints]
    assert told == ends


# --- what both servers must have in common ---------------------------------------


def test_what_makes_no_difference_makes_none() -> None:
    other = """
        # other words, other order, IPv6 in full
        b   DB2.example.com.   26540  server
        a   2001:DB8:0:0::1 26540
    """
    mine = parsed("a 2001:db8::1 26540\nb db2.example.com 26540\n")

    assert mine.digest == parsed(other).digest
    assert network_difference(mine, parsed(other).meaning) == ""


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (
            V12.replace("110 26540", "110 26541"),
            'line 2 here means "server2 server 192.0.2.110 26540", '
            'there it is "server2 server 192.0.2.110 26541"',
        ),
        (
            V12.replace("server1", "node1"),
            'line 1 here means "server1 server 192.0.2.100 26540", '
            "there it is no such server",
        ),
        (
            V12 + "arbiter 192.0.3.1 9 arbiter",
            'no line here means "arbiter arbiter 192.0.3.1 9", one there does',
        ),
    ],
)
def test_a_difference_names_the_line(theirs: str, said: str) -> None:
    mine, other = parsed(V12), parsed(theirs)

    assert mine.digest != other.digest
    assert network_difference(mine, other.meaning) == said


@given(st.lists(st.text(max_size=400), max_size=5))
def test_whatever_a_peer_says_is_shown_in_one_line(theirs: list[str]) -> None:
    told = network_difference(parsed(V12), theirs)

    assert told and told.isprintable()
    assert len(told) < 1500
