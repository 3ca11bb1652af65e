"""What was seen on one node, for the checks and for the other node's `--peer`.  Pure.

A fact that could not be seen is Unknown, with the reason.  All of it goes into JSON and
back by `plain`, so every field is a number, a string, a tuple, or a dataclass of these.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_pclrsc.preflight.core.disk_facts import Data, Device, FileSystems, Places, Work
from pgx_pclrsc.preflight.core.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Registered:
    """The definition: what `pgx_pclrsc -p` shows as key and JSON, and the OS user's ids."""

    name: str
    os_user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    data_directory: str
    work_directory: str
    nodes: tuple[str, ...]
    response_timeout: int
    timeout_retry_count: int
    trace_max_file_size: int
    watch_interval: int
    online_timeout: int
    offline_timeout: int
    auth_failure: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Account:
    """The OS user as the user database has it now; not *there*: it has none."""

    there: bool
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    home: str = ""


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs that Online would take, with *problem* where there are none."""

    directory: str
    version: str
    pkglibdir: str
    icu: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of PostgreSQL's configuration; *wrong* where it cannot be read."""

    name: str
    value: str
    place: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """All lines as PostgreSQL reads them; *borrowed*: told by the other node."""

    settings: tuple[Setting, ...]
    borrowed: bool = False

    def value(self, name: str, default: str = "") -> str:
        """Return what counts of the parameter *name*: its last line."""
        found = [one.value for one in self.settings if one.name == name]
        return found[-1] if found else default

    def place(self, name: str) -> str:
        """Return where that line stands, nothing without one."""
        found = [one.place for one in self.settings if one.name == name]
        return found[-1] if found else ""


@dataclass(frozen=True, slots=True)
class Named:
    """A file or directory that the configuration names; *problem* where it is of no use."""

    parameter: str
    path: str
    problem: str = ""
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class NamedPath:
    """What a parameter names, and what was seen of it."""

    parameter: str
    path: str
    seen: Named | Unknown


@dataclass(frozen=True, slots=True)
class Library:
    """A library of *_preload_libraries and where it is, nothing where it is not."""

    parameter: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Services:
    """TCP services of /etc/services from port 1024 on, as name and port."""

    entries: tuple[tuple[str, int], ...]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Listening:
    """Who listens on this node: TCP ports, and PostgreSQL's sockets by path."""

    ports: tuple[int, ...]
    sockets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """The postmasters of the data directory that run here."""

    postmasters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the monitor's own question to *database* brought.

    *kind* is `row`, `error` (*said* is the SQLSTATE), `password`, `silence` or `late`.
    """

    database: str
    kind: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Collation:
    """A database's collation: the version it was made with, and what this node has."""

    database: str
    provider: str
    locale: str
    recorded: str
    actual: str


@dataclass(frozen=True, slots=True)
class Locale:
    """A locale of the C library: a number for its order, nothing where it is not here."""

    name: str
    order: str


@dataclass(frozen=True, slots=True)
class HugePages:
    """The kernel's huge pages of the usual size."""

    size_kb: int
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What this node is and how it is set up."""

    node: str
    glibc: str
    huge_pages: HugePages
    logind: bool
    remove_ipc: str
    last_system_uid: int
    version: str


@dataclass(frozen=True, slots=True)
class BootStart:
    """What starts an instance when the node boots: *unit*, and the *file* that says so."""

    unit: str
    file: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was seen of one resource on one node."""

    registered: Registered
    machine: Machine | Unknown
    account: Account | Unknown
    closed: str | Unknown
    file_systems: FileSystems | Unknown
    data: Data | Unknown
    places: Places | Unknown
    devices: tuple[Device | Unknown, ...]
    programs: Programs | Unknown
    configuration: Configuration | Unknown
    named: tuple[NamedPath, ...] | Unknown
    libraries: tuple[Library, ...] | Unknown
    services: Services | Unknown
    listening: Listening | Unknown
    work: Work | Unknown
    instance: Instance | Unknown
    answers: tuple[Answer | Unknown, ...]
    collations: tuple[Collation, ...] | Unknown
    locales: tuple[Locale, ...] | Unknown
    boot: tuple[BootStart, ...] | Unknown
