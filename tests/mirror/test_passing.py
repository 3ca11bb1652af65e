"""Which refusals of a start time mends: by the core's own words, through mc_ctl's exit code."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from pgx_base.failure import Failure, Passing
from pgx_mirror.controller import words
from pgx_mirror.controller.passing import judged, passes
from pgx_mirror.core.deciding.starting import ran
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.mark import ALONE, NEW, SYNC
from pgx_mirror.core.report import DOWN
from pgx_mirror.sockets.listening import listen
from tests.mirror.test_core_wishes import formed, marked


def refused(facts: Facts, now: float) -> tuple[str, bool]:
    """Return why the start ends, and whether that passes."""
    ended = ran(facts, now)
    assert ended is not None
    return ended.why, passes(ended.why, facts)


def waits(facts: Facts, now: float) -> Facts:
    """Return *facts* of a start that has waited for as long as it does."""
    return facts.but(server=DOWN, since=now - facts.terms.limit)


def test_a_primary_that_is_not_there_yet_passes() -> None:
    _, standby, now = formed()
    late = now + 2 * standby.terms.limit

    assert refused(waits(standby, late), late) == (
        "the primary's controller does not answer",
        True,
    )


def test_a_primary_that_is_about_to_be_promoted_passes_and_two_standbys_do_not() -> (
    None
):
    _, standby, now = formed()
    assert standby.peer is not None and standby.peer.mark is not None
    why = "the other server is a standby too"
    for state, want in ((ALONE, True), (SYNC, False), (NEW, False)):
        mark = standby.peer.mark.to(state, 4)
        peer = replace(standby.peer, standby=True, mark=mark)

        assert refused(waits(standby.but(peer=peer), now), now) == (why, want)


def test_what_is_wrong_on_this_server_does_not_pass() -> None:
    _, standby, now = formed()
    by_hand = waits(standby.but(standby=False), now)
    deposed = marked(waits(standby.but(standby=False), now), "GIVEN", 4)

    assert refused(by_hand, now) == ("this server was promoted by hand", False)
    assert not refused(deposed, now)[1]
    assert not passes("port 5432 is in use", standby)


def test_that_it_passes_is_told_to_mc_ctl_and_its_words_stay() -> None:
    _, standby, _ = formed()
    no_primary = Failure("the primary's controller does not answer", hint="Start it.")
    reasons = (no_primary, Failure("disk full", detail="Really."))

    said = words.answer(words.Refused(judged(reasons, standby)))
    heard = words.answered(said)

    assert isinstance(heard, words.Refused)
    assert [isinstance(one, Passing) for one in heard.reasons] == [True, False]
    assert [(o.primary, o.detail, o.hint) for o in heard.reasons] == [
        (o.primary, o.detail, o.hint) for o in reasons
    ]


def test_an_address_that_is_not_there_yet_passes_and_a_port_in_use_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Failure) as absent:
            listen("192.0.2.1", port)
        with pytest.raises(Failure) as taken:
            listen("127.0.0.1", port)

    assert isinstance(absent.value, Passing)
    assert not isinstance(taken.value, Passing)
