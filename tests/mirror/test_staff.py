"""Hands at work: whose word counts, and what is said where none could be begun."""

from __future__ import annotations

import resource
import select
import time
from collections.abc import Iterator

import pytest

from fixtures.processes import wait_until
from pgx_mirror.controller import hands
from pgx_mirror.controller.jobs.line import Ended, Line, Said
from pgx_mirror.controller.staff import Staff


@pytest.fixture
def staff() -> Iterator[Staff]:
    made = Staff(frozenset())
    yield made
    made.end_all()
    hands.reap()


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


def test_where_no_process_can_be_begun_the_work_has_failed(staff: Staff) -> None:
    """The limit of processes is shared with the server's own: it comes when they are many."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(staff.fds(), default=2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, limits[1]))
    try:
        staff.begin("work", says, "word")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    ((work, message),) = list(staff.hear({}))
    assert work == "work"
    assert isinstance(message, Ended)
    assert "Too many open files" in message.problem
    assert list(staff.hear({})) == []
