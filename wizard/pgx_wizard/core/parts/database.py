"""The database: as a Cmdline resource (CommandLines), or as the manual's menu item (A.1.4).

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.setting import (
    Setting,
    declared,
    seconds,
    setting,
    table,
)
from pgx_wizard.core.parts.sub_application import Entry, Pairs, SubApplication

# Flags of a Cmdline resource (Installation and Administration Guide 4.4, 6.11), and what
# pgx_online, pgx_offline and pgx_check need.
CMDLINE_FLAGS = {
    "ALLEXITCODES": "Yes",
    "AUTORECOVER": "No",
    "CLUSTEREXCLUSIVE": "Yes",
    "NULLDETECTOR": "No",
    "STANDBYCAP": "No",
    "MONITORONLY": "No",
}
_OBJECTS = {"Cmdline": (1, 2)}
_NO_SCRIPT = "''"  # what hvw prints


@dataclass(frozen=True, slots=True)
class Symfoware(SubApplication):
    """The database as the manual's menu item has it: another product's scripts.

    Time-outs in seconds.
    """

    resource: str = setting(
        toml="resource", kind=kinds.resource, required=True, hvw="ResourceName[0]"
    )
    flags: str = setting("T900", toml="Flags", kind=kinds.word, hvw="Flags[0]")
    online_timeout: int = seconds(3600, "OnlineTimeout", hvw="OnlineTimeout[0]")
    offline_timeout: int = seconds(1800, "OfflineTimeout", hvw="OfflineTimeout[0]")
    fault_script: str = setting(
        "",
        toml="FaultScript",
        kind=kinds.command,
        hvw="FaultScript[0]",
        shown=lambda script: script or _NO_SCRIPT,
        read=lambda text: "" if text == _NO_SCRIPT else text,
    )

    declared_as = "database"
    label = "Symfoware"
    title = "Resource"
    prefix = "Symfoware"
    section = "A.1.4"
    additional = "AdditionalResource"
    key = "ResourceName"
    offered_by = "Register it with pgx_pclrsc -a on this node first (manual 2.3.8)."
    example = """\
[database]
kind = "symfoware"  # another product's menu item: it does not run this project's scripts
resource = "{name}"
OnlineTimeout = {online}
OfflineTimeout = {offline}
# Flags = "T900"
# FaultScript = ""

"""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The resource, which has all settings of the screen."""
        return (Entry(self.resource, None, tuple(self.typed())),)

    @property
    def values(self) -> Pairs:
        """Nothing: every setting belongs to the resource."""
        return ()

    def objects(self) -> dict[str, tuple[int, int]]:
        """Return how many resource objects it has."""
        return _OBJECTS


@dataclass(frozen=True, slots=True)
class Cmdline(SubApplication):
    """The database as a Cmdline resource that runs this project's scripts.

    How hvw prints its flags is not known.  Timeout in seconds.
    """

    resource: str = setting(toml="resource", kind=kinds.resource, required=True)
    script_dir: str = setting("/opt/pgx_pclrsc/bin", toml="script_dir", kind=kinds.path)
    timeout: int = setting(300, toml="timeout", kind=kinds.seconds)
    flags: Mapping[str, str] = setting(
        CMDLINE_FLAGS.copy,
        toml="flags",
        table={
            flag: Setting(toml=flag, kind=kinds.flag_value) for flag in CMDLINE_FLAGS
        },
        made=lambda given: {**CMDLINE_FLAGS, **given},
    )

    declared_as = "database"
    label = title = "CommandLines"
    inferred = True
    additional = "AdditionalStartCommand"
    key = "StartCommands"
    example = """\
[database]
kind = "cmdline"  # runs pgx_online, pgx_offline and pgx_check
resource = "{name}"
script_dir = "/opt/pgx_pclrsc/bin"  # PREFIX/bin of make install
timeout = {timeout}  # serves Start and Stop: at least {online} and {offline}, as registered

[database.flags]  # what the scripts are made for
ALLEXITCODES = "Yes"
AUTORECOVER = "No"
CLUSTEREXCLUSIVE = "Yes"
NULLDETECTOR = "No"
STANDBYCAP = "No"
MONITORONLY = "No"

"""

    def command(self, script: str) -> str:
        """Return what RMS runs: *script* is pgx_online, pgx_offline or pgx_check."""
        return f"{self.script_dir}/{script} {self.resource}"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The start command, and what comes after it."""
        flags = frozenset(flag for flag, value in self.flags.items() if value == "Yes")
        settings = (
            ("StopCommands", self.command("pgx_offline")),
            ("CheckCommands", self.command("pgx_check")),
            ("TIMEOUT", str(self.timeout)),
        )
        return (Entry(self.command("pgx_online"), flags, settings),)

    def objects(self) -> dict[str, tuple[int, int]]:
        """Return how many resource objects it has."""
        return _OBJECTS

    def listing(self) -> Iterator[tuple[str, str]]:
        """Yield its settings; between `<` and `>` stands what no manual shows."""
        yield "StartCommands[0]", self.command("pgx_online")
        yield "StopCommands[0]", self.command("pgx_offline")
        yield "CheckCommands[0]", self.command("pgx_check")
        flags = ",".join(f"{key}={value}" for key, value in self.flags.items())
        yield "Flags[0]", f"<{flags},TIMEOUT={self.timeout}>"

    @classmethod
    def read(cls, listed: Pairs) -> Self:
        """Return what *listed* tells.  Raises KeyError, ValueError."""
        held = dict(listed)
        script, resource = held["StartCommands[0]"].split(" ")
        flags = dict(pair.split("=") for pair in held["Flags[0]"][1:-1].split(","))
        timeout = int(flags.pop("TIMEOUT"))
        return cls(resource, script.rpartition("/")[0], timeout, flags)

    def by_hand(self) -> Iterator[str]:
        """Yield what a person types."""
        yield "Choose `AdditionalStartCommand`, then `FREECHOICE`."
        for what, script in (
            ("start", "pgx_online"),
            ("stop", "pgx_offline"),
            ("check", "pgx_check"),
        ):
            yield f"As the {what} command type `{self.command(script)}`."
        flags = ", ".join(f"`{flag}={self.flags[flag]}`" for flag in CMDLINE_FLAGS)
        yield f"Set every flag: {flags}, and `TIMEOUT={self.timeout}`."


Database = Symfoware | Cmdline
# In the order in which they are looked for.
DATABASE_ITEMS: tuple[type[Database], ...] = (Symfoware, Cmdline)
MODELS: dict[str, type[Database]] = {"cmdline": Cmdline, "symfoware": Symfoware}
_KIND = {"kind": Setting(toml="kind", kind=kinds.one_of(*MODELS), required=True)}
DATABASES = {kind: {**_KIND, **table(model)} for kind, model in MODELS.items()}


def declared_database(values: Mapping[str, Any]) -> Database:
    """Return the database of the kind that *values* name."""
    return declared(MODELS[values["kind"]], values)
