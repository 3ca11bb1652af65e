"""Every key of an application file, and how the model is made from their values.

Pure.  Keys that RMS has are spelled as RMS spells them; ours are in lower case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgx_wizard.core.model import (
    PURPOSES,
    Application,
    Cmdline,
    Database,
    FileSystems,
    Gds,
    Gls,
    GlsAddress,
    Mount,
    NetworkAddress,
    Symfoware,
    TakeoverNetwork,
)
from pgx_wizard.core.parts import kinds
from pgx_wizard.core.screens.vocabulary import (
    BASICS,
    CMDLINE_FLAGS,
    FLAG_SETS,
    MOUNT_FLAGS,
    RECOMMENDED,
    SCRIPTS,
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: a value of a *kind*, a *table*, or a list of *tables*."""

    kind: kinds.Kind = kinds.line
    required: bool = False
    unique: bool = False  # no two tables of the list have the same
    table: Table | None = None
    tables: Table | None = None


Table = Mapping[str, Key]

ATTRIBUTES: Table = {
    "AutoStartUp": Key(kinds.yes_no),
    "AutoSwitchOver": Key(kinds.joined(*FLAG_SETS["AutoSwitchOver"])),
    # A.1.2 says "0 or 1": it is for the administrator to say which.
    "PersistentFault": Key(kinds.bit, required=True),
    "OnlinePriority": Key(kinds.bit, required=True),
    "StandbyTransitions": Key(kinds.joined(*FLAG_SETS["StandbyTransitions"])),
    "HaltFlag": Key(kinds.yes_no),
    "ScriptTimeout": Key(kinds.text_of(kinds.seconds)),
    **{script: Key(kinds.command) for script in SCRIPTS},
}
GDS: Table = {
    "disk_classes": Key(kinds.list_of(kinds.word), required=True),
    "StandbySupport": Key(kinds.yes_no),
    "AutoRecover": Key(kinds.yes_no),
    "Timeout": Key(kinds.seconds),
}
GLS_ADDRESS: Table = {
    "name": Key(kinds.word, required=True, unique=True),
    "AUTORECOVER": Key(kinds.boolean),
}
GLS: Table = {
    "Timeout": Key(kinds.seconds),
    "address": Key(required=True, tables=GLS_ADDRESS),
}
NETWORK_ADDRESS: Table = {
    "name": Key(kinds.word, required=True, unique=True),
    "address": Key(kinds.address, required=True, unique=True),
    "device": Key(kinds.word, required=True),
    "prefix": Key(kinds.prefix, required=True),
}
NETWORK: Table = {
    "Timeout": Key(kinds.seconds),
    "address": Key(required=True, tables=NETWORK_ADDRESS),
}
MOUNT: Table = {
    "mount_point": Key(kinds.mount_point, required=True, unique=True),
    "device": Key(kinds.device, required=True, unique=True),
    "type": Key(kinds.word, required=True),
    "options": Key(kinds.options),
    "purpose": Key(kinds.one_of(*PURPOSES), required=True),
    "monitored_by": Key(kinds.mount_point),
    "flags": Key(kinds.some_of(*MOUNT_FLAGS)),
}
FILE_SYSTEMS: Table = {
    "Timeout": Key(kinds.seconds),
    "mount": Key(required=True, tables=MOUNT),
}
KIND = {"kind": Key(kinds.one_of("cmdline", "symfoware"), required=True)}
SYMFOWARE: Table = {
    **KIND,
    "resource": Key(kinds.resource, required=True),
    "Flags": Key(kinds.word),
    "OnlineTimeout": Key(kinds.seconds),
    "OfflineTimeout": Key(kinds.seconds),
    "FaultScript": Key(kinds.command),
}
CMDLINE: Table = {
    **KIND,
    "resource": Key(kinds.resource, required=True),
    "script_dir": Key(kinds.path),
    "timeout": Key(kinds.seconds),
    "flags": Key(table={flag: Key(kinds.flag_value) for flag in CMDLINE_FLAGS}),
}
DATABASES = {"symfoware": SYMFOWARE, "cmdline": CMDLINE}
APPLICATION: Table = {
    "name": Key(kinds.application_name, required=True),
    "configuration": Key(kinds.application_name),
    "machines": Key(kinds.list_of(kinds.machine), required=True),
    "attributes": Key(required=True, table=ATTRIBUTES),
    "gds": Key(table=GDS),
    "database": Key(required=True, table=CMDLINE),
    "gls": Key(table=GLS),
    "network": Key(table=NETWORK),
    "file_systems": Key(table=FILE_SYSTEMS),
}

MISSING_HINTS = {
    "PersistentFault": "0: a fault is forgotten when RMS starts; 1: it is kept (manual A.1.2).",
    "OnlinePriority": "0: start where the list of machines says; 1: where it was (manual A.1.2).",
    "attributes": "PersistentFault and OnlinePriority have no default (manual A.1.2).",
    "database": 'A [database] has a kind ("cmdline" runs this project\'s scripts) and a resource.',
}
# Machines+Basics has more; hvw's own values stay.
ELSEWHERE = dict.fromkeys(
    (key for key in BASICS if key not in ATTRIBUTES),
    "Set it in hvw by hand: pgx_wizard leaves it as it is.",
)


def variant(value: object, table: Table) -> Table:
    """Return *table*, or for the database the one of its kind."""
    if table is not CMDLINE or not isinstance(value, Mapping):
        return table
    kind = value.get("kind")
    return DATABASES.get(kind, table) if isinstance(kind, str) else table


def build(values: Mapping[str, Any]) -> Application:
    """Return the application that sound *values*, read by these tables, declare."""
    return Application(
        name=values["name"],
        machines=values["machines"],
        configuration=values.get("configuration", "config"),
        basics={**BASICS, **RECOMMENDED, **values["attributes"]},
        gds=_made(values.get("gds"), _gds),
        database=_database(values["database"]),
        gls=_made(values.get("gls"), _gls),
        network=_made(values.get("network"), _network),
        file_systems=_made(values.get("file_systems"), _file_systems),
    )


def _made(values: Any, make: Any) -> Any:
    return None if values is None else make(values)


def _renamed(values: Mapping[str, Any], **keys: str) -> dict[str, Any]:
    """Return *values* under the model's names: `timeout="Timeout"`."""
    return {name: values[key] for name, key in keys.items() if key in values}


def _gds(values: Mapping[str, Any]) -> Gds:
    return Gds(
        **_renamed(
            values,
            disk_classes="disk_classes",
            standby_support="StandbySupport",
            auto_recover="AutoRecover",
            timeout="Timeout",
        )
    )


def _gls(values: Mapping[str, Any]) -> Gls:
    addresses = tuple(
        GlsAddress(item["name"], item.get("AUTORECOVER", False))
        for item in values["address"]
    )
    return Gls(addresses, **_renamed(values, timeout="Timeout"))


def _network(values: Mapping[str, Any]) -> TakeoverNetwork:
    addresses = tuple(NetworkAddress(**item) for item in values["address"])
    return TakeoverNetwork(addresses, **_renamed(values, timeout="Timeout"))


def _file_systems(values: Mapping[str, Any]) -> FileSystems:
    mounts = tuple(map(_mount, values["mount"]))
    return FileSystems(mounts, **_renamed(values, timeout="Timeout"))


def _mount(values: Mapping[str, Any]) -> Mount:
    # A.1.6, step 6: MONITORONLY is Yes for a backup, No for the others.
    usual = {"AUTORECOVER"} | (
        {"MONITORONLY"} if values["purpose"] == "backup" else set()
    )
    flags = frozenset(values.get("flags", usual)) - {"LOCAL"}
    return Mount(**{**values, "flags": flags})


def _database(values: Mapping[str, Any]) -> Database:
    if values["kind"] == "cmdline":
        flags = {**CMDLINE_FLAGS, **(values.get("flags") or {})}
        keys = {key: key for key in ("resource", "script_dir", "timeout")}
        return Cmdline(**_renamed(values, **keys), flags=flags)
    return Symfoware(
        **_renamed(
            values,
            resource="resource",
            flags="Flags",
            online_timeout="OnlineTimeout",
            offline_timeout="OfflineTimeout",
            fault_script="FaultScript",
        )
    )
