"""The listing that `show` prints, as text and JSON, and the text read back.

Pure.  A header line a screen, one setting a line behind it, an empty line between two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pgx_wizard.core.model import (
    Application,
    Cmdline,
    FileSystems,
    Gds,
    Gls,
    GlsAddress,
    Mount,
    NetworkAddress,
    Symfoware,
    TakeoverNetwork,
)
from pgx_wizard.core.screens.sections import INFERRED_TITLE, TURNKEY_TITLE, Section
from pgx_wizard.core.screens.vocabulary import (
    BASICS,
    BASICS_LABEL,
    COMMAND_LINES,
    FILE_SYSTEMS,
    GDS,
    GLS,
    IP_ADDRESSES,
    MOUNT_FLAGS,
    SYMFOWARE,
    TITLES,
)


class NoListing(Exception):
    """A text that is no listing of one application; *line* says where, from 1."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


_HEADER = re.compile(r"(?P<title>.+) \((?P<object>[^():\s]+):(?P<state>[a-z ]+)\)")
_SETTING = re.compile(r"(?P<key>[^=]+)=(?P<value>.*)")
_INDEX = re.compile(r"\[\d+\]$")
_LETTERS = {letter: flag for flag, letter in MOUNT_FLAGS.items()}


def as_text(sections: Iterable[Section]) -> str:
    """Return the listing of *sections*."""
    return "\n".join(
        "".join(f"{line}\n" for line in (section.header, *_lines(section)))
        for section in sections
    )


def _lines(section: Section) -> Iterator[str]:
    return (f"{key}={value}" for key, value in section.settings)


def as_json(sections: Iterable[Section]) -> str:
    """Return the listing as a JSON array, one object a screen."""
    import json  # the text form does without

    objects = [
        {
            "title": section.title,
            "object": section.object or None,
            "consistent": section.state == "consistent" if section.state else None,
            "inferred": section.inferred,
            "settings": dict(section.settings),
        }
        for section in sections
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def parse(text: str) -> list[Section]:
    """Return the sections of a listing.  Raises NoListing."""
    found: list[tuple[Section, list[tuple[str, str]]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if (header := _header(line)) is not None:
            found.append((header, []))
        elif found and (match := _SETTING.fullmatch(line)):
            found[-1][1].append((match["key"], match["value"]))
        else:
            raise NoListing("neither a screen's title nor a setting", number)
    return [_with(section, settings) for section, settings in found]


def _header(line: str) -> Section | None:
    if line.endswith(f" {INFERRED_TITLE}"):
        title = line.removesuffix(f" {INFERRED_TITLE}")
        return Section(title, "", "", (), inferred=True)
    match = _HEADER.fullmatch(line)
    return (
        Section(match["title"], match["object"], match["state"], ()) if match else None
    )


def _with(section: Section, settings: list[tuple[str, str]]) -> Section:
    return Section(
        section.title, section.object, section.state, tuple(settings), section.inferred
    )


def application(sections: list[Section]) -> Application:
    """Return the application that *sections* list, without what hvw does not hold.

    Raises NoListing.
    """
    by_title = {section.title: section for section in sections}
    needed = {TURNKEY_TITLE, TITLES[BASICS_LABEL]}
    if len(by_title) != len(sections) or not needed <= by_title.keys():
        raise NoListing("not the listing of one application")
    parts: dict[str, object] = {}
    for section in sections:
        read = _READERS.get(section.title)
        if read is None:
            raise NoListing(f'screen "{section.title}" is not known')
        parts |= _checked(read, section)
    return Application(**parts)  # type: ignore[arg-type]


def _checked(read: Reader, section: Section) -> dict[str, object]:
    try:
        return read(section)
    except (KeyError, ValueError, IndexError) as ex:
        raise NoListing(
            f'screen "{section.title}" is not as hvw draws it: {ex}'
        ) from ex


def values(section: Section, key: str) -> tuple[str, ...]:
    """Return the values of *key* with an index, in order."""
    return tuple(v for k, v in section.settings if _INDEX.sub("", k) == key)


def _turnkey(section: Section) -> dict[str, object]:
    return {"name": dict(section.settings)["ApplicationName"]}


def _basics(section: Section) -> dict[str, object]:
    held = dict(section.settings)
    basics = {key: held[key] for key in BASICS}
    return {"machines": values(section, "Machines"), "basics": basics}


def _gds(section: Section) -> dict[str, object]:
    held = dict(section.settings)
    part = Gds(
        values(section, "DiskClasses"),
        held["ClassNameFilter"],
        held["StandbySupport"],
        held["AutoRecover"],
        int(held["Timeout"]),
    )
    return {"gds": part}


def _symfoware(section: Section) -> dict[str, object]:
    held = dict(section.settings)
    script = held["FaultScript[0]"]
    part = Symfoware(
        held["ResourceName[0]"],
        held["Flags[0]"],
        int(held["OnlineTimeout[0]"]),
        int(held["OfflineTimeout[0]"]),
        "" if script == "''" else script,
    )
    return {"database": part}


def _gls(section: Section) -> dict[str, object]:
    addresses = tuple(map(_takeover, values(section, "TakeoverIpaddress")))
    return {"gls": Gls(addresses, int(dict(section.settings)["Timeout"]))}


def _takeover(value: str) -> GlsAddress:
    flags, name = value.split(",", 1)
    return GlsAddress(name, auto_recover="A" in flags)


def _file_systems(section: Section) -> dict[str, object]:
    held = dict(section.settings)
    mounts = tuple(map(mount, values(section, "MountPoints")))
    return {"file_systems": FileSystems(mounts, held["Filter"], int(held["Timeout"]))}


def mount(value: str) -> Mount:
    """Return the file system that `LA:/mnt/point` or `<LOCAL,SYNC>:/mnt/point` names."""
    flags, point = value.split(":", 1)
    if flags.startswith("<"):
        words = set(flags[1:-1].split(","))
    else:
        words = {_LETTERS[letter] for letter in flags}
    if not words <= set(MOUNT_FLAGS):
        raise ValueError(f"flags {flags}")
    return Mount(mount_point=point, flags=frozenset(words) - {"LOCAL"})


def _cmdline(section: Section) -> dict[str, object]:
    held = dict(section.settings)
    script, resource = held["StartCommands[0]"].split(" ")
    flags = dict(pair.split("=") for pair in held["Flags[0]"][1:-1].split(","))
    timeout = int(flags.pop("TIMEOUT"))
    return {"database": Cmdline(resource, script.rpartition("/")[0], timeout, flags)}


def _network(section: Section) -> dict[str, object]:
    addresses = tuple(map(NetworkAddress, values(section, "<name>")))
    timeout = int(dict(section.settings)["<Timeout>"])
    return {"network": TakeoverNetwork(addresses, timeout)}


Reader = Callable[[Section], dict[str, object]]
_READERS: dict[str, Reader] = {
    TURNKEY_TITLE: _turnkey,
    TITLES[BASICS_LABEL]: _basics,
    TITLES[GDS]: _gds,
    TITLES[SYMFOWARE]: _symfoware,
    TITLES[GLS]: _gls,
    TITLES[FILE_SYSTEMS]: _file_systems,
    COMMAND_LINES: _cmdline,
    IP_ADDRESSES: _network,
}
