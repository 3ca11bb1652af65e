"""Where the bench of the pair reads how a takeover went: in the trace of who took over."""

from __future__ import annotations

from datetime import datetime

import pytest

from fixtures.pair_bench.ours import Steps, steps_of

_DAY = "2026-11-29"
_ASKED = f"""\
{_DAY} 13:00:00.100 mc_main(b)[7] does AskForPen(epoch=2)
{_DAY} 13:00:09.000 mc_main(b)[7] does WriteMark(mark=Mark(owner='b', state='SYNC', pair=0))
{_DAY} 13:00:30.500 mc_main(b)[7] does AskForPen(epoch=6)
{_DAY} 13:00:30.600 mc_main(b)[7] does WriteMark(mark=Mark(owner='b', state='ALONE', pair=6))
{_DAY} 13:00:30.700 mc_main(b)[7] does Promote()
"""
_GIVEN = _ASKED.replace("does AskForPen(epoch=6)", "heard Report")


def at(clock: str) -> float:
    """Return an instant of the wall clock, in seconds."""
    return datetime.fromisoformat(f"{_DAY}T13:00:{clock}").timestamp()


def test_who_asks_for_the_pen_has_decided_before_it_has_it() -> None:
    steps = steps_of(_ASKED, at("25.000"))

    assert steps == Steps(at("30.500"), at("30.600"), at("30.700"))


def test_who_is_given_the_pen_has_it_as_it_decides() -> None:
    steps = steps_of(_GIVEN, at("25.000"))

    assert steps == Steps(at("30.600"), at("30.600"), at("30.700"))


def test_a_trace_without_a_takeover_since_tells_none() -> None:
    with pytest.raises(RuntimeError, match="AskForPen"):
        steps_of(_ASKED, at("40.000"))
