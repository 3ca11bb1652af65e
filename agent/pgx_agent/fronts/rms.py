"""RMS: pgx_online is its StartScript, pgx_offline its StopScript.

What it says stands in HV_* variables, and exit codes are 0 (done) and 1 (not done); both
are read and chosen here and nowhere else.  Every variable may be absent, and different
releases spell values differently, so words are compared without case and an unknown word
counts as absent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pgx_agent.core.request import Request
from pgx_agent.script import front
from pgx_base.failure import Failure
from pgx_base.text import quoted

_MANAGER = "RMS"
_DONE, _NOT_DONE = 0, 1
_OF_SCRIPTS = ("HV_SCRIPT_TYPE", "HV_APPLICATION", "HV_INTENDED_STATE")
_REASONS = frozenset({"STOP", "SHUT", "DEACT", "SWITCH", "FAULT"})


def _word(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip().upper()


def request(environ: Mapping[str, str]) -> Request:
    """Return what the HV_* variables of *environ* ask for (manual 3.4 and 3.5)."""
    word = _word(environ, "HV_OFFLINE_REASON")
    why = word if word in _REASONS else None
    reason = f"HV_OFFLINE_REASON is {why}" if why else "HV_OFFLINE_REASON is not set"
    forced = _word(environ, "HV_FORCED_REQUEST") == "1"
    faulted = _word(environ, "HV_LAST_DET_REPORT") == "FAULTED"
    recovers = _word(environ, "HV_AUTORECOVER") == "1"
    urgent = ""
    if faulted:
        urgent = "HV_LAST_DET_REPORT is Faulted"
    elif why == "FAULT":
        urgent = reason
    elif forced:
        urgent = "HV_FORCED_REQUEST is 1"
    facts = (
        ("reason", why),
        ("forced", forced),
        ("last_report_faulted", faulted),
        ("autorecover", recovers),
    )
    asked = _spelled(environ)
    return Request(_MANAGER, reason, why == "SWITCH", urgent, recovers, asked, facts)


def _spelled(environ: Mapping[str, str]) -> str:
    words = (f"{k}={v}" for k, v in sorted(environ.items()) if k.startswith("HV_"))
    return " ".join(words) or "without HV_ variables"


def _refuse_standby(name: str, environ: Mapping[str, str]) -> None:
    if _word(environ, "HV_INTENDED_STATE") == "STANDBY":
        raise Failure(
            f"resource {quoted(name)} cannot be brought to Standby",
            detail="HV_INTENDED_STATE is Standby, and this resource is no hot-standby "
            "resource: its instance runs on one node at a time.",
            hint="Set STANDBYCAP=No for the resource, or StandbyTransitions=No for its "
            "userApplication.",
        )


def _refuse_dry_run(environ: Mapping[str, str]) -> None:
    """A StartScript that has done nothing must not exit 0."""
    if told := [name for name in _OF_SCRIPTS if environ.get(name)]:
        raise Failure(
            'option "--dry-run" is for people, not for RMS',
            detail=f"{told[0]} is set, as for a StartScript.",
            hint="Take it out of StartCommands.",
        )


def _start(arguments: list[str]) -> int:
    from pgx_agent.online import main

    name, option = main.parse_arguments(arguments)
    if option == main.DRY_RUN:
        _refuse_dry_run(os.environ)
        return _DONE if main.forecast(name) else _NOT_DONE
    _refuse_standby(name, os.environ)
    break_guard = option == main.BREAK_GUARD
    done = main.run(name, request(os.environ), break_guard=break_guard)
    return _DONE if done else _NOT_DONE


def _stop(arguments: list[str]) -> int:
    from pgx_agent.offline import main

    done = main.run(main.parse_arguments(arguments), request(os.environ))
    return _DONE if done else _NOT_DONE


def online() -> None:
    """Run as RMS's StartScript."""
    front.run("pgx_online", _start, failed=_NOT_DONE)


def offline() -> None:
    """Run as RMS's StopScript."""
    front.run("pgx_offline", _stop, failed=_NOT_DONE)
