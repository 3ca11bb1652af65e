"""This node beside the other one, by what `--check --output=json` has told there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pgx_pclrsc.preflight.core import settings
from pgx_pclrsc.preflight.core.disk_facts import Entry, FileSystems
from pgx_pclrsc.preflight.core.facts import (
    Account,
    Configuration,
    Facts,
    Library,
    Locale,
    Machine,
    Programs,
    Registered,
    Services,
)
from pgx_pclrsc.preflight.core.mount_points import covering
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.core.verdict import (
    Line,
    Verdict,
    error,
    fine,
    unseen,
    warning,
)

_SAME = "Make it the same on both nodes."
_REINDEX = (
    "Have the same release of glibc and ICU on both nodes: indexes that were built with one "
    "order and are used with another lose rows silently."
)
# What two registrations must have in common; the rest is told, and may be meant.
_MUST = frozenset(
    {"os_user", "data_directory", "nodes", "db_user", "config_file", "auth_failure"}
)


@dataclass(frozen=True, slots=True)
class PeerRow:
    """One comparison: *judge* is given what it *needs*, of this node, then of the other one."""

    id: str
    section: str
    needs: tuple[str, ...]
    judge: Callable[..., Iterable[Verdict]]
    fine: str


def lines(row: PeerRow, ours: Facts, theirs: Facts) -> list[Line]:
    """Return what *row* says of both nodes: at least one line."""
    here = [getattr(ours, name) for name in row.needs]
    there = [getattr(theirs, name) for name in row.needs]
    for value in (*here, *there):
        if isinstance(value, Unknown):
            return [Line(row.id, row.section, unseen(value, ""))]
    said = list(row.judge(*here, *there)) or [fine(row.fine)]
    return [Line(row.id, row.section, one) for one in said]


def _node(
    wanted: Registered, here: Machine, _: Registered, there: Machine
) -> Iterator[Verdict]:
    if here.node == there.node:
        yield error(
            f"the file is of {there.node}, which is this node",
            "Give the output of the other node.",
        )
    elif there.node not in wanted.nodes:
        yield error(
            f"the file is of {there.node}, which is not in -n", "Register both nodes."
        )
    if here.version != there.version:
        yield warning(
            f"this project's version is {here.version} here and {there.version} there",
            "Install the same version on both nodes.",
        )


def _differing(what: str, here: object, there: object) -> str:
    return f"{what} is {here} here and {there} there"


def _user(
    wanted: Registered, here: Account, other: Registered, there: Account
) -> Iterator[Verdict]:
    if wanted.os_user != other.os_user:
        yield error(_differing("the OS user", wanted.os_user, other.os_user), _SAME)
    for what, one, two in (
        ("its uid", here.uid, there.uid),
        ("its gid", here.gid, there.gid),
    ):
        if one != two:
            yield error(_differing(what, one, two), _SAME)
    if here.home != there.home:
        yield warning(
            _differing("its home directory", here.home, there.home),
            "See that .pgpass is in both.",
        )
    if set(here.groups) != set(there.groups):
        yield warning(
            _differing("the list of its groups", here.groups, there.groups), _SAME
        )


def _registration(here: Registered, there: Registered) -> Iterator[Verdict]:
    ours, theirs = dict(here.settings), dict(there.settings)
    for key in [*ours, *(k for k in theirs if k not in ours)]:
        one, two = ours.get(key, "not set"), theirs.get(key, "not set")
        if one != two:
            say = error if key in _MUST else warning
            yield say(
                _differing(key, one, two), "Register the resource alike on both nodes."
            )


def _programs(here: Programs, there: Programs) -> Iterator[Verdict]:
    if here.problem or there.problem:
        return  # told by each node for itself
    if here.version != there.version:
        yield warning(
            _differing("PostgreSQL", here.version, there.version),
            "Install the same minor version; update the standby's first.",
        )
    if here.directory != there.directory:
        yield warning(
            _differing("its directory", here.directory, there.directory),
            "Paths in postgresql.conf must be right on both nodes.",
        )


def _services(
    conf: Configuration, here: Services, other: Configuration, there: Services
) -> Iterator[Verdict]:
    port = settings.port(conf)
    ours, theirs = _names(here, port), _names(there, port)
    if ours != theirs:
        yield error(
            _differing(
                f"port {port} in /etc/services", ours or "missing", theirs or "missing"
            ),
            _SAME,
        )
    if settings.port(other) != port:
        yield warning(
            _differing("the port", port, settings.port(other)), "Run both checks again."
        )


def _names(found: Services, port: int) -> str:
    return ", ".join(sorted({name for name, number in found.entries if number == port}))


def _fstab(
    wanted: Registered, here: FileSystems, other: Registered, there: FileSystems
) -> Iterator[Verdict]:
    ours = _forms(covering(here.entries, wanted.data_directory))
    theirs = _forms(covering(there.entries, other.data_directory))
    if ours != theirs:
        yield error(
            _differing(
                "the data directory's mount point",
                "; ".join(ours) or "none",
                "; ".join(theirs) or "none",
            ),
            "Have the same lines in fstab and fstab.pcl of both nodes.",
        )


def _forms(entries: list[Entry]) -> list[str]:
    told = (f"{'#RMS#' * e.rms}{e.source} {e.point} {e.kind}" for e in entries)
    return sorted(set(told))


def _libraries(
    here: tuple[Library, ...], there: tuple[Library, ...]
) -> Iterator[Verdict]:
    ours = {one.name for one in here if one.path}
    theirs = {one.name for one in there if one.path}
    for name in sorted(ours ^ theirs):
        where = "the other node" if name in ours else "this node"
        yield error(f"library {name} is not on {where}", "Install it on both nodes.")


def _order(
    machine: Machine,
    here: tuple[Locale, ...],
    other: Machine,
    there: tuple[Locale, ...],
) -> Iterator[Verdict]:
    theirs = {one.name: one.order for one in there}
    for one in here:
        two = theirs.get(one.name, "")
        if one.order and two and one.order != two:
            yield error(
                f"locale {one.name} sorts otherwise than on the other node", _REINDEX
            )
        elif bool(one.order) != bool(two) and one.name in theirs:
            where = "this node" if two else "the other node"
            yield error(f"locale {one.name} is not on {where}", "Generate it there.")
    if machine.glibc != other.glibc:
        yield warning(_differing("the C library", machine.glibc, other.glibc), _REINDEX)


def _icu(here: Facts, there: Facts) -> Iterator[Verdict]:
    ours, theirs = here.programs, there.programs
    if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
        return
    if ours.problem or theirs.problem or ours.icu == theirs.icu:
        return
    say = error if _sorts_by_icu(here) or _sorts_by_icu(there) else warning
    yield say(_differing("ICU", ours.icu or "none", theirs.icu or "none"), _REINDEX)


def _sorts_by_icu(facts: Facts) -> bool:
    """Whether a database is known to; columns and indexes may all the same."""
    found = facts.collations
    return not isinstance(found, Unknown) and any(
        one.provider == "icu" for one in found
    )


def _system(here: Facts, there: Facts) -> Iterator[Verdict]:
    ours, theirs = here.data, there.data
    if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
        return
    if ours.system and theirs.system and ours.system != theirs.system:
        yield error(
            _differing("the system identifier", ours.system, theirs.system),
            "One of the nodes has another data directory mounted.",
        )


def all_lines(ours: Facts, theirs: Facts) -> list[Line]:
    """Return what is said of both nodes."""
    found = [line for row in ROWS for line in lines(row, ours, theirs)]
    for id, section, judge, well in WHOLE:
        said = list(judge(ours, theirs)) or [fine(well)]
        found += [Line(id, section, one) for one in said]
    return found


ROWS = (
    PeerRow("peer_node", "2.3.8", ("registered", "machine"), _node, "the other of -n"),
    PeerRow(
        "peer_user", "2.3.5", ("registered", "account"), _user, "name and ids agree"
    ),
    PeerRow("peer_registration", "2.3.8", ("registered",), _registration, "they agree"),
    PeerRow(
        "peer_programs", "2.3.1", ("programs",), _programs, "version and place agree"
    ),
    PeerRow(
        "peer_services", "2.3.7", ("configuration", "services"), _services, "they agree"
    ),
    PeerRow(
        "peer_fstab", "2.3.4", ("registered", "file_systems"), _fstab, "lines agree"
    ),
    PeerRow("peer_libraries", "2.3.7", ("libraries",), _libraries, "they agree"),
    PeerRow("peer_locales", "ours", ("machine", "locales"), _order, "they sort alike"),
)
# Judged by all facts: what is not seen of these says nothing.
Judge = Callable[[Facts, Facts], Iterable[Verdict]]
WHOLE: tuple[tuple[str, str, Judge, str], ...] = (
    ("peer_icu", "ours", _icu, "no difference is seen"),
    ("peer_data", "2.3.3", _system, "no two data directories are seen"),
)
