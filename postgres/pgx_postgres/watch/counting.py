"""Failures in a row: the one that is one too many is a fault."""

from __future__ import annotations

from pgx_base.light.dataclasses import replace
from pgx_postgres.watch.states import Faulted, Result, Watching
from pgx_postgres.watch.watched import FAULTED, Counted, Limits, Publish


def faulted(reason: str, *, shut: bool = False) -> Result:
    """Return the final state; *shut*: it is the start that has failed."""
    return Faulted(reason), (Publish(FAULTED, reason, shut),)


def count(
    limits: Limits,
    state: Watching,
    reason: str,
    *,
    fault: str = "",
    silent: bool = False,
) -> Result:
    """Count one failure more, for *reason*, which is put as *fault* where it is the last."""
    failures = state.opinion.failures + 1
    if failures > limits.retry_count:
        return faulted(_in_a_row(failures, fault or reason))
    opinion = replace(state.opinion, failures=failures, silent=silent, consulted=False)
    counted = Counted(failures, limits.retry_count + 1, reason)
    return replace(state, opinion=opinion), (counted,)


def _in_a_row(failures: int, reason: str) -> str:
    if failures == 1:
        return reason
    return f"{failures} failures in a row, the last: {reason}"
