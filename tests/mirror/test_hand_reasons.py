"""What a hand has failed with is shown as PostgreSQL shows it, all reasons at once."""

from __future__ import annotations

import select

from pgx_base.failure import Failure
from pgx_mirror.hands.line import Ended, Line, Several
from pgx_mirror.hands.staff import Staff

ONE = Failure("no name", detail="Line 3.", hint="Write one.")
OTHER = Failure("a syntax error")


def ended(reasons: Failure) -> Ended:
    staff = Staff(frozenset())
    staff.begin("work", _fail, reasons)
    poll = select.poll()
    while True:
        for fd in staff.fds():
            poll.register(fd, select.POLLIN)
        for _, said in staff.hear(dict(poll.poll(30_000))):
            assert isinstance(said, Ended)
            return said


def _fail(_line: Line, reasons: Failure) -> None:
    raise reasons


def plain(found: Ended) -> list[tuple[str, str | None, str | None]]:
    return [(one.primary, one.detail, one.hint) for one in found.reasons]


def test_details_and_hints_stay_apart() -> None:
    found = ended(ONE)

    assert plain(found) == [("no name", "Line 3.", "Write one.")]
    assert found.problem == "no name. Line 3. Write one."


def test_all_reasons_come_at_once() -> None:
    found = ended(Several([ONE, OTHER]))

    assert plain(found) == [
        ("no name", "Line 3.", "Write one."),
        ("a syntax error", None, None),
    ]
    assert found.problem == "no name. Line 3. Write one. a syntax error."


def test_a_text_alone_is_shown_as_it_is() -> None:
    assert plain(Ended(problem="it has ended")) == [("it has ended", None, None)]
