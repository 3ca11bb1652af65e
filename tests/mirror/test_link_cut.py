"""Two links in two network namespaces: packets are lost in one direction, or in both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.needs import missing
from pgx_mirror.peer.events import Lost, Met
from pgx_mirror.peer.settings import Address, Settings
from tests.mirror.two_links import SECRET, End, met, steps, until
from tests.mirror.two_networks import Side, cable, entering

pytestmark = pytest.mark.root

_CUT = 2.0  # seconds: TCP sends again after 0.2, 0.4, 0.8 and 1.6


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    if reason := missing("ip", "nsenter", "unshare"):
        pytest.skip(reason)
    with cable() as found:
        yield found


@pytest.fixture
def ends(sides: tuple[Side, Side]) -> Iterator[tuple[End, End]]:
    one, other = (Address(side.host, 26540) for side in sides)
    here = Settings("server1", "server2", one, other, SECRET)
    there = Settings("server2", "server1", other, one, SECRET)
    found = (
        End(here, enter=entering(sides[0])),
        End(there, enter=entering(sides[1])),
    )
    yield found
    for end in found:
        end.link.close()


def speak(seconds: float, *ends: End, first: int) -> int:
    """Let both say something each 0.2 s; return the next position."""
    for position in range(first, first + round(seconds / 0.2)):
        for end in ends:
            end.say(position)
        steps(0.2, *ends)
    return first + round(seconds / 0.2)


@pytest.mark.parametrize("cut", [(0,), (1,), (0, 1)])
def test_after_a_cut_they_hear_each_other_again(
    sides: tuple[Side, Side], ends: tuple[End, End], cut: tuple[int, ...]
) -> None:
    met(*ends)
    position = speak(1.0, *ends, first=0)
    for side in cut:
        sides[side].cut(sides[1 - side])
    steps(0.5, *ends)  # what had come already
    heard = [end.heard for end in ends]
    acknowledged = [end.link.acknowledged for end in ends]
    last = speak(_CUT, *ends, first=position)

    # Who is cut off is heard no more, and nobody's words are acknowledged.
    for side in cut:
        assert ends[1 - side].heard == heard[1 - side]
    assert [end.link.acknowledged for end in ends] == acknowledged

    for side in cut:
        sides[side].mend(sides[1 - side])
    for end in ends:
        end.say(last)
    until(lambda: all(end.heard == last for end in ends), *ends)
    assert not any(end.all(Lost) for end in ends)


def test_a_peer_that_lost_its_power_is_met_in_its_next_life(
    sides: tuple[Side, Side], ends: tuple[End, End]
) -> None:
    """Its connections stay open here: nothing was said when it went."""
    one, other = ends
    met(one, other)
    speak(0.6, one, other, first=0)
    sides[1].cut(sides[0])
    other.restart("after the power came back")
    speak(1.0, one, first=10)
    sides[1].mend(sides[0])
    one.say(20)

    until(lambda: other.heard == 20 and len(one.all(Met)) == 2, one, other)

    assert one.all(Met)[1].hello.incarnation == "after the power came back"
