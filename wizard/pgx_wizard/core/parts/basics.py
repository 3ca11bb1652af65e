"""Machines+Basics: the attributes of the application, as the screen of A.1.2 has them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.setting import Setting, Table

LABEL = "Machines+Basics"
STANDBY_TRANSITIONS = "StandbyTransitions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute.  The file can set those that have a *kind*; the others hvw keeps."""

    name: str
    first: str = ""  # what hvw shows at first
    kind: kinds.Kind | None = None
    recommended: str = ""  # A.1.2, step 7
    flags: tuple[
        str, ...
    ] = ()  # of its menu, in the order in which hvw joins them by `|`
    hint: str = ""  # where it must be stated, and is not


def _flags(name: str, flags: tuple[str, ...], first: str = "") -> Attribute:
    """Return an attribute that is some of *flags*: the manual recommends all of them."""
    kind, all_of_them = kinds.joined(*flags), "|".join(flags)
    return Attribute(
        name=name, first=first, kind=kind, recommended=all_of_them, flags=flags
    )


SCRIPTS = (
    "PreCheckScript",
    "PreOnlineScript",
    "PostOnlineScript",
    "PreOfflineScript",
    "OfflineDoneScript",
    "FaultScript",
)
# In the order of the screen.
ATTRIBUTES = (
    *(Attribute(name=script, kind=kinds.command) for script in SCRIPTS),
    Attribute(name="AutoStartUp", first="no", kind=kinds.yes_no, recommended="yes"),
    _flags("AutoSwitchOver", ("HostFailure", "ResourceFailure", "ShutDown"), "No"),
    Attribute(name="PreserveState", first="no"),
    # A.1.2 says "0 or 1": it is for the administrator to say which.
    Attribute(
        name="PersistentFault",
        first="0",
        kind=kinds.bit,
        hint="0: a fault is forgotten when RMS starts; 1: it is kept (manual A.1.2).",
    ),
    Attribute(name="ShutdownPriority"),
    Attribute(
        name="OnlinePriority",
        kind=kinds.bit,
        hint="0: start where the list of machines says; 1: where it was (manual A.1.2).",
    ),
    _flags(STANDBY_TRANSITIONS, ("ClearFaultRequest", "StartUp", "SwitchRequest")),
    Attribute(name="LicenseToKill", first="no"),
    Attribute(name="AutoBreak", first="yes"),
    Attribute(name="AutoBreakMaintMode", first="no"),
    Attribute(name="HaltFlag", first="no", kind=kinds.yes_no, recommended="yes"),
    Attribute(name="PartialCluster", first="0"),
    Attribute(name="ScriptTimeout", kind=kinds.text_of(kinds.seconds)),
)
BASICS = {one.name: one.first for one in ATTRIBUTES}
DECLARED = tuple(one.name for one in ATTRIBUTES if one.kind)
RECOMMENDED = {one.name: one.recommended for one in ATTRIBUTES if one.recommended}
FLAG_SETS = {one.name: one.flags for one in ATTRIBUTES if one.flags}
# The scripts, which few set, come last.
ATTRIBUTES_TABLE: Table = {
    one.name: Setting(
        toml=one.name, kind=one.kind, required=bool(one.hint), hint=one.hint
    )
    for one in sorted(ATTRIBUTES, key=lambda one: one.name in SCRIPTS)
    if one.kind
}
# Advice for what Machines+Basics has more; hvw's own values stay.
ELSEWHERE = dict.fromkeys(
    (name for name in BASICS if name not in ATTRIBUTES_TABLE),
    "Set it in hvw by hand: pgx_wizard leaves it as it is.",
)
EXAMPLE = """\
[attributes]  # the manual's table in A.1.2
PersistentFault = 1  # 1: a fault is kept when RMS starts; 0: it is forgotten
OnlinePriority = 1  # 1: start where it was; 0: start where the list of machines says
# AutoStartUp = "yes"
# AutoSwitchOver = ["HostFailure", "ResourceFailure", "ShutDown"]
# StandbyTransitions = ["ClearFaultRequest", "StartUp", "SwitchRequest"]
# HaltFlag = "yes"
# ScriptTimeout = 300
# PreCheckScript, PreOnlineScript, PostOnlineScript, PreOfflineScript, OfflineDoneScript
# and FaultScript are paths with arguments.

"""


def declared_attributes(given: Mapping[str, Any]) -> dict[str, str]:
    """Return all attributes: what is *given*, else what the manual recommends."""
    return {**BASICS, **RECOMMENDED, **given}


def same(wanted: str, shown: str, key: str = "") -> bool:
    """Whether hvw shows the value *wanted* of *key*: nothing is also shown as `''`.

    StandbyTransitions that nobody has set is shown empty, and means No.
    """
    shown = "" if shown == "''" else shown
    if key == STANDBY_TRANSITIONS:
        return (wanted or "No") == (shown or "No")
    return wanted == shown
