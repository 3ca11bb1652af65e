"""In which mode does a stop begin?"""

from __future__ import annotations

from pgx_agent.hv import Transition
from pgx_base.light.dataclasses import dataclass
from pgx_postgres.running.core.ladder import Mode


@dataclass(frozen=True, slots=True)
class Chosen:
    """The mode to begin with, and the reason for it in words."""

    mode: Mode
    because: str


def choose_mode(
    transition: Transition, *, faulted: bool, switch_mode: str = "immediate"
) -> Chosen:
    """Return the stop mode (manual 3.4 and 3.5); of the rows that match the last wins.

    *faulted*: the record says so.  *switch_mode* is the definition's, and changes the
    reason SWITCH alone.
    """
    chosen = Chosen("fast", _reason(transition))
    if transition.offline_reason == "SWITCH" and switch_mode == "immediate":
        chosen = Chosen("immediate", _reason(transition))
    if transition.forced:
        chosen = Chosen("immediate", "HV_FORCED_REQUEST is 1")
    if transition.offline_reason == "FAULT":
        chosen = Chosen("immediate", _reason(transition))
    if transition.last_report_faulted:
        chosen = Chosen("immediate", "HV_LAST_DET_REPORT is Faulted")
    if faulted:
        chosen = Chosen("immediate", "the instance is faulted")
    return chosen


def _reason(transition: Transition) -> str:
    reason = transition.offline_reason
    return (
        f"HV_OFFLINE_REASON is {reason}" if reason else "HV_OFFLINE_REASON is not set"
    )
