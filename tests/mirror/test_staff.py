"""Hands at work: whose word counts, and what is said where none could be begun."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.processes import gone, start_time, wait_until
from pgx_mirror.conf import server
from pgx_mirror.controller.acting import LOOKER, SEER, Acting
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.controller.programs import Programs
from pgx_mirror.controller.work import surveyed
from pgx_mirror.core import events as told
from pgx_mirror.core.facts import MARK, Facts, Terms
from pgx_mirror.core.mark import ALONE, Mark
from pgx_mirror.core.report import UNSURE, UP
from pgx_mirror.hands.hand import reap
from pgx_mirror.hands.line import Ended, Line, Said, Several
from pgx_mirror.hands.staff import Staff
from pgx_postgres.watch.watched import Limits
from tests.mirror.short import descriptors_left, opened


@pytest.fixture
def staff() -> Iterator[Staff]:
    made = Staff(frozenset())
    yield made
    made.end_all()
    reap()


def says(line: Line, word: str) -> str:
    line.say(word)
    return word


def sleeps(line: Line) -> None:
    time.sleep(60)


def ready(staff: Staff, count: int) -> dict[int, int]:
    """Wait until *count* hands have said their last word."""
    found: dict[int, int] = {}

    def all_have() -> bool:
        poll = select.poll()
        for fd in staff.fds():
            poll.register(fd, select.POLLIN)
        found.update(poll.poll(100))
        return sum(bool(mask & select.POLLHUP) for mask in found.values()) == count

    wait_until(all_have, "they have ended")
    return found


def test_the_word_of_a_hand_that_was_replaced_meanwhile_is_nobodys(
    staff: Staff,
) -> None:
    """What one has said has another begun at the work of a second, whose word waits too."""
    staff.begin("first", says, "one")
    staff.begin("second", says, "old")
    heard = []
    for work, message in staff.hear(ready(staff, 2)):
        heard.append((work, message))
        if isinstance(message, Ended):
            staff.begin("second", sleeps)

    assert [work for work, _ in heard] == ["first", "first"]
    assert staff.is_at("second")


def test_each_word_is_heard_in_order_and_the_last_ends_the_work(staff: Staff) -> None:
    staff.begin("work", says, "word")

    heard = [message for _, message in staff.hear(ready(staff, 1))]

    assert [type(message) for message in heard] == [Said, Ended]
    assert not staff.is_at("work")


@pytest.mark.parametrize("left", [0, 2, 4])  # no pipe, one, two and no pidfd
def test_where_no_process_can_be_begun_the_work_has_failed(
    staff: Staff, left: int
) -> None:
    """The limit of processes is shared with the server's own: it comes when they are many."""
    before = opened()
    with descriptors_left(left):
        staff.begin("work", says, "word")

    ((work, message),) = list(staff.hear({}))
    assert work == "work"
    assert isinstance(message, Ended)
    assert "Too many open files" in message.problem
    assert not message.begun
    assert list(staff.hear({})) == []
    assert opened() == before


@pytest.mark.timeout(60)
def test_a_hand_that_does_not_read_is_ended_and_holds_up_nobody(staff: Staff) -> None:
    staff.begin("work", sleeps)
    for _ in range(10_000):  # more than any pipe holds
        staff.tell("work", "word")

    ((_, message),) = list(staff.hear(ready(staff, 1)))
    assert isinstance(message, Ended)
    assert "has ended" in message.problem


def test_what_was_at_a_work_is_dead_before_another_begins_there(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgx_mirror.hands.staff._DIES_WITHIN", 60.0)
    others = children()  # such as servers that tests of this folder share
    staff.begin("work", holds_memory)
    assert list(staff.hear(ready_to_read(staff)))
    (before,) = children() - others
    staff.begin("work", sleeps)

    assert gone(int(before))


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def holds_memory(line: Line) -> None:
    held = bytearray(b"x" * (64 << 20))  # which takes a while to let go of
    line.say(len(held))
    time.sleep(60)


def ready_to_read(staff: Staff) -> dict[int, int]:
    poll = select.poll()
    for fd in staff.fds():
        poll.register(fd, select.POLLIN)
    return dict(poll.poll(60_000))


# --- a survey, with which a controller begins ------------------------------------------


def test_a_survey_for_which_no_process_can_be_begun_says_so(staff: Staff) -> None:
    site = Site("a", "/nowhere", -1, "", "", 0, "", "u", "secret", "d")
    with descriptors_left(0), pytest.raises(Several, match="Too many open files"):
        surveyed(staff, site, False)
    assert "secret" not in repr(site)


# --- what follows ----------------------------------------------------------------------


@pytest.fixture
def acting(staff: Staff) -> Acting:
    site = Site("a", "/nowhere", -1, "", "", 0, "", "u", "secret", "d")
    programs = Programs(server.of("/nowhere"), staff, "", "u")
    return Acting(site, staff, Limits(1.0, 1.0, 1), 1.0, 1.0, programs, {})


FACTS = Facts(
    Terms("a", "b", "message", "i"), mark=Mark("a", "g", "7", 1, ALONE), server=UP
)


def test_a_mark_that_nobody_was_there_to_write_is_the_old_one(acting: Acting) -> None:
    """One that may be either stops the server after a few tries."""
    never, died = Ended(problem="x", begun=False), Ended(problem="x")
    assert list(acting.hear(MARK, never, FACTS)) == [told.MarkFailed("x", unsure=False)]
    assert list(acting.hear(MARK, died, FACTS)) == [told.MarkFailed("x", unsure=True)]


@pytest.mark.parametrize("work", [SEER, LOOKER])
def test_a_server_that_died_while_nobody_could_watch_it_is_looked_for(
    acting: Acting, work: str
) -> None:
    child = subprocess.Popen(["true"])
    acting.postmaster = (child.pid, 1)
    child.wait()

    events = list(acting.hear(work, Ended(problem="x", begun=False), FACTS))

    assert events == [told.ServerIs(UNSURE, FACTS.standby)]


def test_where_one_of_those_who_watch_has_died_the_other_goes_on(
    acting: Acting, staff: Staff
) -> None:
    acting.postmaster = (os.getpid(), start_time(os.getpid()))
    staff.begin(LOOKER, says, "a look")
    with descriptors_left(0):
        assert list(acting.hear(SEER, Ended(problem="x"), FACTS)) == []
    assert staff.is_at(LOOKER)
    assert not staff.is_at(SEER)
