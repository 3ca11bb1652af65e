"""An application as hvw's screens list it: sections of settings, in hvw's order.

Pure.  A printed form that no manual shows is put between `<` and `>`: the words are
hvw's, the way in which it joins them is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pgx_wizard.core.model import (
    Application,
    Cmdline,
    FileSystems,
    Gds,
    Gls,
    GlsAddress,
    Mount,
    Symfoware,
    TakeoverNetwork,
)
from pgx_wizard.core.screens.vocabulary import (
    BASICS,
    BASICS_LABEL,
    COMMAND_LINES,
    CONSISTENT,
    FILE_SYSTEMS,
    GDS,
    GLS,
    IP_ADDRESSES,
    KNOWN_IN_PRINT,
    MOUNT_FLAGS,
    NOT_CONSISTENT,
    PREFIXES,
    SYMFOWARE,
    TITLES,
)

TURNKEY_TITLE = 'Settings of turnkey wizard "STANDBY"'
INFERRED_TITLE = "(inferred)"


@dataclass(frozen=True, slots=True)
class Section:
    """One screen's settings.  An *inferred* screen has neither object nor state."""

    title: str
    object: str
    state: str
    settings: tuple[tuple[str, str], ...]
    inferred: bool = False

    @property
    def header(self) -> str:
        """The screen's title line."""
        if self.inferred:
            return f"{self.title} {INFERRED_TITLE}"
        return f"{self.title} ({self.object}:{self.state})"


def sections(application: Application) -> list[Section]:
    """Return the settings of *application*: the turnkey menu, then its items from the top."""
    return [section for section in _sections(application) if section is not None]


def _sections(app: Application) -> Iterator[Section | None]:
    yield _turnkey(app)
    yield _basics(app)
    if isinstance(app.database, Cmdline):
        yield _inferred(COMMAND_LINES, cmdline(app.database))
    if isinstance(app.database, Symfoware):
        yield _part(app, SYMFOWARE, symfoware(app.database))
    if app.gls is not None:
        yield _part(app, GLS, gls(app.gls), empty=not app.gls.addresses)
    if app.network is not None:
        yield _inferred(IP_ADDRESSES, network(app.network))
    if app.file_systems is not None:
        empty = not app.mounts
        yield _part(app, FILE_SYSTEMS, file_systems(app.file_systems), empty=empty)
    if app.gds is not None:
        yield _part(app, GDS, gds(app.gds), empty=not app.gds.disk_classes)


def _turnkey(app: Application) -> Section:
    parts = (app.gds, app.database, app.gls, app.network, app.file_systems)
    state = CONSISTENT if any(part is not None for part in parts) else NOT_CONSISTENT
    return Section(TURNKEY_TITLE, app.name, state, (("ApplicationName", app.name),))


def _basics(app: Application) -> Section:
    settings = [*indexed("Machines", app.machines)]
    settings += [(key, app.basics[key]) for key in BASICS]
    return Section(TITLES[BASICS_LABEL], app.name.lower(), CONSISTENT, tuple(settings))


def _part(
    app: Application,
    label: str,
    settings: Iterable[tuple[str, str]],
    empty: bool = False,
) -> Section:
    name = f"{PREFIXES[label]}_{app.name}"
    state = NOT_CONSISTENT if empty else CONSISTENT
    return Section(TITLES[label], name, state, tuple(settings))


def _inferred(label: str, settings: Iterable[tuple[str, str]]) -> Section:
    return Section(label, "", "", tuple(settings), inferred=True)


def indexed(key: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield `Key[0]`, `Key[1]` and so on with *values*."""
    return ((f"{key}[{n}]", value) for n, value in enumerate(values))


def gds(part: Gds) -> Iterator[tuple[str, str]]:
    """Yield the settings of the screen "Volume management" (A.1.3)."""
    yield from indexed("DiskClasses", part.disk_classes)
    yield "ClassNameFilter", part.class_name_filter
    yield "StandbySupport", part.standby_support
    yield "AutoRecover", part.auto_recover
    yield "Timeout", str(part.timeout)


def symfoware(part: Symfoware) -> Iterator[tuple[str, str]]:
    """Yield the settings of the screen "Resource" (A.1.4)."""
    yield "ResourceName[0]", part.resource
    yield "Flags[0]", part.flags
    yield "OnlineTimeout[0]", str(part.online_timeout)
    yield "OfflineTimeout[0]", str(part.offline_timeout)
    yield "FaultScript[0]", part.fault_script or "''"


def gls(part: Gls) -> Iterator[tuple[str, str]]:
    """Yield the settings of the screen "Gls" (A.1.5)."""
    yield from indexed("TakeoverIpaddress", map(takeover_value, part.addresses))
    yield "Timeout", str(part.timeout)


def takeover_value(address: GlsAddress) -> str:
    """Return `N,name`; what hvw prints with AUTORECOVER set is not known."""
    return f"{'<AUTORECOVER>' if address.auto_recover else 'N'},{address.name}"


def file_systems(part: FileSystems) -> Iterator[tuple[str, str]]:
    """Yield the settings of the screen "File systems" (A.1.6)."""
    yield from indexed("MountPoints", map(mount_value, part.mounts))
    yield "Filter", part.filter
    yield "Timeout", str(part.timeout)


def mount_value(mount: Mount) -> str:
    """Return `LA:/mnt/point`; the letters' order with SHARE and SYNC is not known."""
    if mount.all_flags <= KNOWN_IN_PRINT:
        return f"{mount.letters}:{mount.mount_point}"
    words = ",".join(flag for flag in MOUNT_FLAGS if flag in mount.all_flags)
    return f"<{words}>:{mount.mount_point}"


def cmdline(part: Cmdline) -> Iterator[tuple[str, str]]:
    """Yield the settings of a Cmdline resource; how hvw prints its flags is not known."""
    yield "StartCommands[0]", part.command("pgx_online")
    yield "StopCommands[0]", part.command("pgx_offline")
    yield "CheckCommands[0]", part.command("pgx_check")
    flags = ",".join(f"{key}={value}" for key, value in part.flags.items())
    yield "Flags[0]", f"<{flags},TIMEOUT={part.timeout}>"


def network(part: TakeoverNetwork) -> Iterator[tuple[str, str]]:
    """Yield the settings of the takeover network: hvw's words for them are not known."""
    yield from indexed("<name>", (address.name for address in part.addresses))
    yield "<Timeout>", str(part.timeout)
