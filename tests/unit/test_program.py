"""How a command ends, whatever happens in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pgx_base import program
from pgx_base.failure import Failure


def _raises(problem: BaseException) -> Callable[[], int]:
    def act() -> int:
        raise problem

    return act


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            Failure("no room", detail="It is full."),
            "x: error: no room\nx: detail: It is full.\n",
        ),
        (KeyError("a"), "x: error: internal error: KeyError: 'a'\n"),
        (
            OSError(5, "Input/output error"),
            "x: error: internal error: OSError: [Errno 5] Input/output error\n",
        ),
        (KeyboardInterrupt(), "x: error: interrupted\n"),
    ],
)
def test_what_goes_wrong_is_told_in_one_way_and_has_the_code_that_was_chosen(
    problem: BaseException, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert program.exit_code("x", _raises(problem), failed=7, log=False) == 7
    assert capfd.readouterr() == ("", said)


def test_what_goes_well_has_its_own_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert program.exit_code("x", lambda: 3) == 3
    assert capfd.readouterr() == ("", "")


def test_wrong_usage_has_every_reason_and_where_to_look(
    capfd: pytest.CaptureFixture[str],
) -> None:
    reasons = [Failure("one"), Failure("two")]

    assert program.refuse("x", reasons, usage=True, log=False) == 1
    assert capfd.readouterr().err.splitlines() == [
        "x: error: one",
        "x: error: two",
        'x: hint: Try "x --help" for more information.',
    ]
