"""/etc/fstab and /etc/fstab.pcl of this node against the application file.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_wizard.core.application import Application
from pgx_wizard.core.mount_table import Line, parse
from pgx_wizard.core.parts.file_systems import Mount
from pgx_wizard.core.rules.rule import Finding, Node, Rule, mount_path

_BOTH = (
    "The manual, 2.3.4.2, lists a file system in both; the RMS guide 4.6, A.3.1, in one "
    "of them alone. Which one PRIMECLUSTER reads depends on its version."
)


def _tables(node: Node) -> dict[str, list[Line]]:
    """Return the entries of each file that was looked at, by its name."""
    tables = {}
    if node.fstab is not None:
        tables["fstab"] = parse(node.fstab)
    if node.fstab_pcl is not None:
        tables["fstab.pcl"] = parse(node.fstab_pcl)
    return tables


def _of(mount: Mount, entries: list[Line]) -> Line | None:
    for entry in entries:
        if entry.mount_point == mount.mount_point or entry.device == mount.device:
            return entry
    return None


Pair = tuple[int, Mount, str, Line]


def _pairs(app: Application, node: Node) -> Iterator[Pair]:
    tables = _tables(node)
    for number, mount in enumerate(app.mounts):
        for file, entries in tables.items():
            if (entry := _of(mount, entries)) is not None:
                yield number, mount, file, entry


def _listed(app: Application, node: Node) -> Iterator[Finding]:
    tables = _tables(node)
    for number, mount in enumerate(app.mounts):
        if tables and not any(_of(mount, entries) for entries in tables.values()):
            yield Finding(
                f"{mount.mount_point} is not in {' or '.join(tables)}",
                path=mount_path(number),
            )


def _same(app: Application, node: Node) -> Iterator[Finding]:
    for number, mount, file, entry in _pairs(app, node):
        ours = (mount.device, mount.mount_point, mount.type)
        theirs = (entry.device, entry.mount_point, entry.type)
        if ours != theirs:
            yield Finding(
                f"{file} has {mount.mount_point} otherwise",
                f"There it is {' '.join(theirs)}, here {' '.join(ours)}.",
                mount_path(number),
            )


def _options(app: Application, node: Node) -> Iterator[Finding]:
    for number, mount, file, entry in _pairs(app, node):
        needed = {"noauto"} | ({"ro"} if mount.purpose == "monitor" else set())
        if lacking := sorted(needed - entry.options):
            yield Finding(
                f"{file} has {mount.mount_point} without {','.join(lacking)}",
                path=mount_path(number, "options"),
            )


def _other_options(app: Application, node: Node) -> Iterator[Finding]:
    for number, mount, file, entry in _pairs(app, node):
        ours = set(mount.options.split(","))
        if (ours ^ entry.options) - {"noauto", "ro"}:
            yield Finding(
                f"{file} has {mount.mount_point} with other options",
                f"There {','.join(sorted(entry.options))}, here {mount.options}.",
                mount_path(number, "options"),
            )


def _other_application(app: Application, node: Node) -> Iterator[Finding]:
    for number, mount, file, entry in _pairs(app, node):
        if entry.application and entry.application.lower() != app.name.lower():
            yield Finding(
                f"{file} keeps {mount.mount_point} for application {entry.application}",
                path=mount_path(number),
            )


def _mixture(app: Application, node: Node) -> Iterator[Finding]:
    tables = _tables(node)
    where = {
        tuple(file for file, entries in tables.items() if _of(mount, entries))
        for mount in app.mounts
    } - {()}
    if len(tables) == 2 and len(where) > 1:
        yield Finding("fstab and fstab.pcl list different file systems", _BOTH)


RULES = (
    Rule(find=_listed, section="2.3.4.2", hint='"pgx_wizard files" writes the lines.'),
    Rule(find=_same, section="2.3.4.2", hint="Make the file and the table agree."),
    Rule(find=_options, section="2.3.4.2", hint="Correct the line on every node."),
    Rule(
        find=_other_options,
        severity="warning",
        section="2.3.4.2",
        hint="Make the file and the table agree.",
    ),
    Rule(
        find=_other_application,
        source="RMS guide 4.6, A.3.1",
        hint="A file system may belong to several applications, if one is online at a time.",
    ),
    Rule(
        find=_mixture,
        severity="warning",
        section="2.3.4.2",
        hint="List every file system of the application in the same way.",
    ),
)
