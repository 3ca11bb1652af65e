"""What an application wants of each of hvw's screens, and what is to be done there.

Pure.  The same actions are typed by `apply`, shown by its dry run and written down by
`steps`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pgx_wizard.core.model import (
    Application,
    Cmdline,
    FileSystems,
    Gds,
    Gls,
    Mount,
    Symfoware,
    TakeoverNetwork,
)
from pgx_wizard.core.screens.vocabulary import (
    COMMAND_LINES,
    FILE_SYSTEMS,
    GDS,
    GLS,
    IP_ADDRESSES,
    MOUNT_FLAGS,
    ORDER_OF_TYPING,
    STANDBY_TRANSITIONS,
    SYMFOWARE,
)

Held = Mapping[str, str]  # the settings of a screen, in its order


@dataclass(frozen=True, slots=True)
class Entry:
    """One of a repeating list: *name* is chosen; *flags* are set in the menu behind it."""

    name: str
    flags: frozenset[str] | None = None  # None: no menu of flags comes
    settings: tuple[tuple[str, str], ...] = ()  # `Key` without its index, and value


@dataclass(frozen=True, slots=True)
class Part:
    """What one sub-application is to be."""

    label: str  # of the turnkey menu
    additional: str  # the item that adds an entry
    key: str  # what hvw lists the entries under
    entries: tuple[Entry, ...]
    values: tuple[tuple[str, str], ...] = ()
    offered_by: str = ""  # advice, where hvw does not offer an entry


@dataclass(frozen=True, slots=True)
class Add:
    """Choose the part's additional item, then *entry*."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Change:
    """Choose the setting *key*, which is there, and give it the flags of *entry*."""

    key: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the setting *key* the value *value*."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove the sub-application with REMOVE+EXIT, and begin it anew."""

    extra: tuple[str, ...]


Action = Add | Change | Assign | Remove


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done on one screen, and what is left there that nobody asked for."""

    actions: tuple[Action, ...]
    extra: tuple[str, ...] = field(default=())
    order: tuple[str, ...] = field(default=())  # the entries as the screen lists them


def parts(app: Application) -> list[Part]:
    """Return the sub-applications of *app* in the order of A.1.3 to A.1.6."""
    found = {part.label: part for part in _parts(app)}
    return [found[label] for label in ORDER_OF_TYPING if label in found]


def _parts(app: Application) -> Iterator[Part]:
    if app.gds is not None:
        yield _gds(app.gds)
    match app.database:
        case Symfoware():
            yield _symfoware(app.database)
        case Cmdline():
            yield _cmdline(app.database)
        case None:
            pass
    if app.gls is not None:
        yield _gls(app.gls)
    if app.network is not None:
        yield _network(app.network)
    if app.file_systems is not None:
        yield _file_systems(app.file_systems)


def _gds(gds: Gds) -> Part:
    values = (
        ("StandbySupport", gds.standby_support),
        ("AutoRecover", gds.auto_recover),
        ("Timeout", str(gds.timeout)),
    )
    entries = tuple(map(Entry, gds.disk_classes))
    hint = "Run hvgdsetup -a for every disk class first (manual A.1.1)."
    return Part(GDS, "AdditionalDiskClass", "DiskClasses", entries, values, hint)


def _symfoware(database: Symfoware) -> Part:
    settings = (
        ("Flags", database.flags),
        ("OnlineTimeout", str(database.online_timeout)),
        ("OfflineTimeout", str(database.offline_timeout)),
        ("FaultScript", database.fault_script),
    )
    entry = Entry(database.resource, None, settings)
    hint = "Register it with pgx_pclrsc -a on this node first (manual 2.3.8)."
    return Part(SYMFOWARE, "AdditionalResource", "ResourceName", (entry,), (), hint)


def _gls(gls: Gls) -> Part:
    entries = tuple(
        Entry(a.name, frozenset({"AUTORECOVER"} if a.auto_recover else ()))
        for a in gls.addresses
    )
    values = (("Timeout", str(gls.timeout)),)
    hint = "Register the takeover address with GLS first."
    return Part(
        GLS, "AdditionalTakeoverIpaddress", "TakeoverIpaddress", entries, values, hint
    )


def _file_systems(part: FileSystems) -> Part:
    values = (("Timeout", str(part.timeout)),)
    hint = "hvw offers what /etc/fstab.pcl, or /etc/fstab, has on this node (manual 2.3.4.2)."
    entries = tuple(map(_mount, part.mounts))
    return Part(
        FILE_SYSTEMS, "AdditionalMountPoint", "MountPoints", entries, values, hint
    )


def _mount(mount: Mount) -> Entry:
    return Entry(mount.mount_point, mount.all_flags)


def _cmdline(database: Cmdline) -> Part:
    flags = frozenset(flag for flag, value in database.flags.items() if value == "Yes")
    settings = (
        ("StopCommands", database.command("pgx_offline")),
        ("CheckCommands", database.command("pgx_check")),
        ("TIMEOUT", str(database.timeout)),
    )
    entry = Entry(database.command("pgx_online"), flags, settings)
    return Part(COMMAND_LINES, "AdditionalStartCommand", "StartCommands", (entry,))


def _network(network: TakeoverNetwork) -> Part:
    entries = tuple(Entry(address.name) for address in network.addresses)
    values = (("Timeout", str(network.timeout)),)
    hint = "hvw offers what hvipalias has on this node."
    return Part(IP_ADDRESSES, "Additional", "", entries, values, hint)


# --- what hvw lists, read -----------------------------------------------------


def held_name(part: Part, value: str) -> str:
    """Return the entry's name in the value that hvw lists: `LA:/mnt/x`, `N,takeoverip`."""
    separator = {FILE_SYSTEMS: ":", GLS: ","}.get(part.label)
    return value.partition(separator)[2] if separator else value


def held_flags(part: Part, value: str) -> frozenset[str]:
    """Return the flags in the value that hvw lists; how it orders them does not matter."""
    if part.label == FILE_SYSTEMS:
        letters = value.partition(":")[0]
        return frozenset(
            flag for flag, letter in MOUNT_FLAGS.items() if letter in letters
        )
    # N without a flag is known; that AUTORECOVER shows as an A is inferred from its menu.
    return frozenset({"AUTORECOVER"} if "A" in value.partition(",")[0] else ())


def held_entries(part: Part, held: Held) -> dict[str, tuple[str, str]]:
    """Return, by name, key and value of each entry in *held*."""
    return {
        held_name(part, value): (key, value)
        for key, value in held.items()
        if "[" in key and part.key in ("", key.partition("[")[0])
    }


def same(wanted: str, shown: str, key: str = "") -> bool:
    """Whether hvw shows the value *wanted* of *key*: nothing is also shown as `''`.

    StandbyTransitions that nobody has set is shown empty, and means No.
    """
    shown = "" if shown == "''" else shown
    if key == STANDBY_TRANSITIONS:
        return (wanted or "No") == (shown or "No")
    return wanted == shown


def plan(part: Part, held: Held, *, prune: bool = False) -> Plan:
    """Return what makes the screen that lists *held* what *part* wants."""
    there = held_entries(part, held)
    wanted = {entry.name for entry in part.entries}
    extra = tuple(name for name in there if name not in wanted)
    if extra and prune:
        # Of removing one entry no manual shows how: REMOVE+EXIT is on every screen.
        return Plan((Remove(extra), *plan(part, DEFAULTS.get(part.label, {})).actions))
    return Plan(
        (*_entry_actions(part, there, held), *_assignments(part.values, held)),
        extra,
        tuple(there),
    )


def _entry_actions(
    part: Part, there: Mapping[str, tuple[str, str]], held: Held
) -> Iterator[Action]:
    added = 0
    for entry in part.entries:
        if entry.name not in there:
            yield Add(entry)
            defaults = DEFAULTS.get(part.label, {})
            yield from _settings(entry, len(there) + added, defaults)
            added += 1
        else:
            key, value = there[entry.name]
            if entry.flags is not None and held_flags(part, value) != entry.flags:
                yield Change(key, entry)
            yield from _settings(entry, int(key[:-1].rpartition("[")[2]), held)


def _settings(entry: Entry, index: int, held: Held) -> Iterator[Action]:
    for key, value in entry.settings:
        name = f"{key}[{index}]"
        if not same(value, held.get(name, held.get(key, ""))):
            yield Assign(name, value)


def _assignments(values: Iterable[tuple[str, str]], held: Held) -> Iterator[Action]:
    return (
        Assign(key, value)
        for key, value in values
        if not same(value, held.get(key, value))
    )


# What a screen shows for a setting that nobody has set (A.1.3 to A.1.6).
DEFAULTS: dict[str, dict[str, str]] = {
    GDS: {"StandbySupport": "no", "AutoRecover": "no", "Timeout": "1800"},
    SYMFOWARE: {
        "Flags": "T900",
        "OnlineTimeout": "3600",
        "OfflineTimeout": "1800",
        "FaultScript": "",
    },
    GLS: {"Timeout": "60"},
    FILE_SYSTEMS: {"Timeout": "180"},
}
