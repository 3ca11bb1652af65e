"""Rows of answers, and lines of /proc, to values: the pure half of a look."""

from __future__ import annotations

import ipaddress
import struct
import sys

from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core import wal
from pgx_mirror.core.seen import LIMITS
from pgx_mirror.database import answers
from pgx_mirror.database.receiver import parse
from pgx_mirror.database.session import Row, Rows

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid"
ports = st.integers(1, 65535)
# None of those that have an IPv4 address in them.
addresses = st.one_of(
    st.ip_addresses(v=4), st.ip_addresses(v=6, network="2001:db8::/32")
)


def printed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Return *address* as the kernel prints it: words in the machine's byte order."""
    words = struct.unpack(f">{len(address.packed) // 4}I", address.packed)
    order = "<" if sys.byteorder == "little" else ">"
    return "".join(
        f"{int.from_bytes(struct.pack(order + 'I', word), 'big'):08X}" for word in words
    )


def line(own: str, port: int, theirs: int, inode: int, state: str = "01") -> str:
    return f"   0: {own}:{port:04X} 0100007F:{theirs:04X} {state} 0:0 0:0 0 999 0 {inode} 1"


@given(addresses, ports, ports, st.integers(1, 2**31))
def test_the_own_end_is_the_one_that_leads_to_the_primary(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    own: int,
    theirs: int,
    inode: int,
) -> None:
    text = printed(address)
    other = line(text, own, theirs % 65535 + 1, inode)
    foreign = line(text, own, theirs, inode + 1)
    closing = line(text, own, theirs, inode, "08")
    table = "\n".join([HEAD, other, foreign, closing, line(text, own, theirs, inode)])

    inodes = frozenset([str(inode)])
    assert parse(table, inodes, theirs) == (str(address), own)
    assert parse("\n".join([HEAD, other, foreign, closing]), inodes, theirs) is None


def test_an_ipv4_address_in_ipv6_is_shown_as_its_server_shows_it() -> None:
    mapped = printed(ipaddress.ip_address("::ffff:192.0.2.7"))

    found = parse(f"{HEAD}\n{line(mapped, 40000, 5432, 9)}", frozenset(["9"]), 5432)

    assert found == ("192.0.2.7", 40000)


PAUSES = ("wal_receiver_timeout", "wal_sender_timeout", "wal_receiver_status_interval")


def facts(**settings: str) -> answers.Facts:
    known = {
        "synchronous_standby_names": ("", "default", ""),
        "synchronous_commit": ("local", "session", "on"),
        "fsync": ("on", "default", "on"),
        "primary_conninfo": ("", "default", ""),
        **dict.fromkeys([*LIMITS, *PAUSES], ("7", "default", "7")),
    }
    rows = {
        name: (name, settings.get(name, value), source, "", reset)
        for name, (value, source, reset) in known.items()
    } | {
        name: (name, value, "configuration file", "", value)
        for name, value in settings.items()
        if name.startswith("recovery_target")
    }
    return answers.Facts("then", rows, (), "77", 3)  # type: ignore[arg-type]


def standby(*, paused: str = "f") -> list[list[tuple[str | None, ...]]]:
    position = ("t", "", "then", None, None, None, None, "0/5", "0/6", paused)
    return [[], [position], [("0", "f", "0", "f")], [], []]


@given(st.sampled_from(["time", "xid", "lsn", "name"]), st.sampled_from(["t", "f"]))
def test_why_a_standby_could_not_be_promoted(kind: str, paused: str) -> None:
    name = f"recovery_target_{kind}"
    others = {f"recovery_target_{word}": "x" for word in ("action", "timeline")}

    seen = answers.seen(standby(paused=paused), facts(**{name: "now"}, **others))

    assert f"{name} is set" in seen.unable
    assert ("replay is paused" in seen.unable) == (paused == "t")
    assert len(seen.unable) == 1 + (paused == "t")
    assert seen.timeline == 3
    assert (seen.received, seen.replayed) == (5, 6)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_primarys_positions_are_numbers(insert: int, flush: int) -> None:
    walfile = "0000000A0000000000000001"
    position: Row = (
        *("f", "a", "then", wal.text(insert), wal.text(flush), walfile, "9"),
        *(None, None, None),
    )
    sender: Row = ("s", "5", "::1", "77", "streaming", "sync", "now", "0/1", None, None)
    rows: list[Rows] = [[sender], [position], [("2", "t", "1", "t")], [], []]

    seen = answers.seen(rows, facts())

    assert (seen.insert, seen.flush, seen.timeline) == (insert, flush, 10)
    assert (seen.waiting, seen.writing, seen.checkpointing) == (2, 1, True)
    assert seen.proof_waits
    assert (seen.senders[0].write, seen.senders[0].flush) == (1, 0)
    assert seen.unable == ()


def test_a_primary_conninfo_that_cannot_be_read_names_nobody() -> None:
    assert answers.bears(facts(primary_conninfo="application_name='b c'")) == "b c"
    assert answers.bears(facts(primary_conninfo="host")) == ""
    assert answers.bears(facts(primary_conninfo="postgresql://a@b/c")) == ""
