"""What the log of strace says of the call behind which a hand was stopped."""

from __future__ import annotations

import pytest

from tests.mirror.strikes import STOPPED, last_call

_BEGUN = "71 fsync(5</d/postgresql.conf.new>"


@pytest.mark.parametrize(
    ("log", "call"),
    [
        (f"{_BEGUN}) = 0\n", "fsync(5</d/postgresql.conf.new>) = 0"),
        (
            f"{_BEGUN} <unfinished ...>\n70 --- SIGCHLD ---\n71 <... fsync resumed>) = 0\n",
            "fsync(5</d/postgresql.conf.new> <unfinished ...>",
        ),
        (f"{_BEGUN}) = 0\n71 --- SIGSTOP ---\n711 rename()\n", f"{_BEGUN[3:]}) = 0"),
        ("70 fsync(4) = 0\n", "?"),
    ],
    ids=["whole", "in two lines", "others and signals", "none"],
)
def test_the_last_call(log: str, call: str) -> None:
    assert last_call(log, "71") == call


def test_a_process_with_a_short_number_stops_as_well() -> None:
    """A host that was booted just now, or a container, has none of five digits."""
    log = "71    fsync(5) = 0\n71    --- stopped by SIGSTOP ---\n"
    log += "12345 --- stopped by SIGSTOP ---\n"
    assert STOPPED.findall(log) == ["71", "12345"]
    assert last_call(log, "71") == "fsync(5) = 0"
