"""What RMS tells a script in its environment, read once into one value.

Every variable may be absent, and different releases spell values differently, so
words are compared without case and an unknown word counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgx_base.light.dataclasses import dataclass

_REASONS = frozenset({"STOP", "SHUT", "DEACT", "SWITCH", "FAULT"})


@dataclass(frozen=True, slots=True)
class Transition:
    """One request of RMS: why the resource goes Offline, and how it was last seen."""

    offline_reason: str | None = None
    forced: bool = False
    last_report_faulted: bool = False
    intended_standby: bool = False
    autorecover: bool = False
    application: str | None = None


def _word(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip().upper()


def read_transition(environ: Mapping[str, str]) -> Transition:
    """Return what the HV_* variables of *environ* say."""
    reason = _word(environ, "HV_OFFLINE_REASON")
    return Transition(
        offline_reason=reason if reason in _REASONS else None,
        forced=_word(environ, "HV_FORCED_REQUEST") == "1",
        last_report_faulted=_word(environ, "HV_LAST_DET_REPORT") == "FAULTED",
        intended_standby=_word(environ, "HV_INTENDED_STATE") == "STANDBY",
        autorecover=_word(environ, "HV_AUTORECOVER") == "1",
        application=environ.get("HV_APPLICATION") or None,
    )
