"""Two links on real sockets: they meet, they hear, they find each other again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pgx_base.failure import Failure
from pgx_mirror.core.report import Report
from pgx_mirror.peer.events import SECRET, STRANGER, Asked, Heard, Lost, Met, Refused
from pgx_mirror.peer.hello import ERROR, Difference
from pgx_mirror.peer.link import Link
from pgx_mirror.peer.settings import Address
from pgx_mirror.sockets import listening
from tests.mirror.two_links import End, both, free_ports, met, step, steps, until


@pytest.fixture
def ends() -> Iterator[tuple[End, End]]:
    here, there = both()
    one, other = End(here), End(there)
    yield one, other
    one.link.close()
    other.link.close()


def test_they_meet_and_hear(ends: tuple[End, End]) -> None:
    one, other = ends
    said = one.say(7)

    until(lambda: other.heard == 7, one, other)

    assert other.all(Heard)[-1].report == said
    assert other.all(Met)[0].hello.server == "server1"
    assert other.all(Met)[0].differences == ()
    until(lambda: one.link.acknowledged is not None, one, other)
    assert one.link.trouble == other.link.trouble == ""
    assert other.link.acknowledged is None


def test_they_meet_once_and_stay_together(ends: tuple[End, End]) -> None:
    one, other = ends
    met(one, other)
    for number in range(40):
        one.say(number)
        other.say(number)
        until(lambda: one.heard == other.heard == number, one, other)  # noqa: B023

    for end in ends:
        assert len(end.all(Met)) == 1
        assert not end.all(Lost)
        assert not end.all(Refused)
        positions = [event.report.position for event in end.all(Heard)]
        assert positions == sorted(set(positions))


def test_what_is_asked_comes_once(ends: tuple[End, End]) -> None:
    one, other = ends
    assert not one.link.ask({"early": True})
    met(one, other)

    asked = [one.link.ask({"stop": number}) for number in range(20)]
    until(lambda: len(other.all(Asked)) == 16, one, other)
    steps(0.2, one, other)

    assert asked == [True] * 16 + [False] * 4
    assert [event.request["stop"] for event in other.all(Asked)] == list(range(16))


def test_what_nobody_heard_is_not_asked_in_the_next_life() -> None:
    """Who asked has seen that the peer was lost, and asks again if it still wants to."""
    here, there = both()
    nowhere = Address("127.0.0.1", free_ports(1)[0])
    one, other = End(replace(here, theirs=nowhere)), End(there)
    met(one, other)  # over the only connection that there can be
    other.link.close()
    assert one.link.ask({"stop": True})
    until(lambda: one.all(Lost), one)
    other.restart("second life")
    met(one, other)
    one.say(1)
    until(lambda: other.heard == 1, one, other)

    assert not other.all(Asked)
    one.link.close()
    other.link.close()


def test_a_request_is_bounded(ends: tuple[End, End]) -> None:
    met(*ends)
    with pytest.raises(ValueError, match="a payload of"):
        ends[0].link.ask({"long": "x" * 70_000})


def test_only_ones_own_report_can_be_said(ends: tuple[End, End]) -> None:
    with pytest.raises(ValueError, match="another server"):
        ends[0].link.say(Report("server2", "life of server1"))


def test_a_peer_that_starts_again_is_met_again(ends: tuple[End, End]) -> None:
    one, other = ends
    one.say(1)
    met(one, other)
    until(lambda: other.heard == 1, one, other)

    one.restart("second life")
    one.say(2)
    until(lambda: other.heard == 2, one, other)

    assert [event.hello.incarnation for event in other.all(Met)] == [
        "life of server1", "second life",
    ]  # fmt: skip


def test_a_peer_that_has_gone_is_lost_and_found_again(
    ends: tuple[End, End],
) -> None:
    one, other = ends
    met(one, other)
    one.link.close()

    until(lambda: other.all(Lost), other)
    until(lambda: other.link.trouble, other)
    assert other.link.met is None
    assert not other.link.ask({"anyone": True})
    one.restart("second life")
    met(one, other)

    assert len(other.all(Met)) == len(other.all(Lost)) + 1
    assert other.link.trouble == ""


def test_new_facts_are_told_at_once(ends: tuple[End, End]) -> None:
    one, other = ends
    other.link.introduce(replace(other.hello, facts={"block size": "8192"}))
    met(one, other)

    one.link.introduce(replace(one.hello, facts={"block size": "4096"}))
    until(lambda: len(other.all(Met)) == 2, one, other)

    assert other.all(Met)[1].differences == (
        Difference(ERROR, "block size", "8192", "4096"),
    )


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"secret": b"another secret, as long"}, SECRET), ({"me": "server3"}, STRANGER)],
)
def test_a_stranger_is_told_by_both(change: dict[str, object], kind: str) -> None:
    here, there = both()
    one, other = End(here), End(replace(there, **change))  # type: ignore[arg-type]

    until(lambda: one.all(Refused) and other.all(Refused), one, other)

    assert {event.kind for end in (one, other) for event in end.all(Refused)} == {kind}
    assert not one.all(Met)
    assert not other.all(Met)
    one.link.close()
    other.link.close()


@pytest.mark.parametrize("blind", [0, 1])
def test_one_port_that_cannot_be_reached_parts_nobody(blind: int) -> None:
    """A wall in front of one server's port: the connection that the other dialled serves."""
    settings = list(both())
    nowhere = Address("127.0.0.1", free_ports(1)[0])
    settings[blind] = replace(settings[blind], theirs=nowhere)
    ends = End(settings[0]), End(settings[1])
    for number, end in enumerate(ends):
        end.say(number)

    until(lambda: ends[0].heard == 1 and ends[1].heard == 0, *ends)

    for end in ends:
        end.link.close()


def test_ipv6() -> None:
    here, there = both("::1")
    one, other = End(here), End(there)
    one.say(3)

    until(lambda: other.heard == 3, one, other)

    one.link.close()
    other.link.close()


def test_a_host_name_is_looked_up() -> None:
    here, there = both("127.0.0.1")
    named = replace(here, theirs=Address("localhost", here.theirs.port))
    one, other = End(named), End(replace(there, theirs=Address("::1", 1)))
    one.say(3)

    until(lambda: other.heard == 3, one, other)

    one.link.close()
    other.link.close()


def test_a_name_that_nobody_knows_is_told(ends: tuple[End, End]) -> None:
    here, _ = both()
    one = End(replace(here, theirs=Address("nobody.invalid", 1)))

    until(lambda: one.link.trouble, one)

    assert one.all(Met) == []
    one.link.close()


def test_a_port_in_use_names_who_has_it(ends: tuple[End, End]) -> None:
    taken = ends[0].settings

    with pytest.raises(Failure) as caught:
        Link(taken, ends[0].hello, 0.0)

    assert caught.value.primary.startswith(
        f'could not listen on "127.0.0.1" port {taken.mine.port}: Address already in use'
    )
    assert caught.value.detail is not None
    assert caught.value.detail.startswith("Process ")


def test_an_address_of_another_host_is_refused() -> None:
    with pytest.raises(Failure, match="could not listen"):
        listening.listen("192.0.2.1", 26540)


def test_next_tick_is_ahead_and_never_far(ends: tuple[End, End]) -> None:
    one, other = ends
    met(one, other)
    one.say(1)
    for _ in range(20):
        step(one, other)
        ahead = one.link.next_tick() - one.link._awake.now
        assert 0 <= ahead <= 1.0
