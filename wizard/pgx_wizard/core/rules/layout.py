"""File systems and disk classes: order, classes, flags and options.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgx_pclrsc.core.definition import is_under
from pgx_wizard.core.application import Application
from pgx_wizard.core.parts.file_systems import Mount
from pgx_wizard.core.rules.rule import Finding, Node, Rule, mount_path


def _numbered(app: Application, *purposes: str) -> Iterator[tuple[int, Mount]]:
    for number, mount in enumerate(app.mounts):
        if not purposes or mount.purpose in purposes:
            yield number, mount


def _classes(mounts: Iterable[tuple[int, Mount]]) -> set[str]:
    return {mount.disk_class for _, mount in mounts} - {""}


JOBS = ("data", "tablespace", "backup", "wal")


def _some_file_systems(app: Application, _: Node) -> Iterator[Finding]:
    if not app.mounts:
        yield Finding("application has no file systems")


def _some_monitor(app: Application, _: Node) -> Iterator[Finding]:
    if app.mounts and not any(_numbered(app, "monitor")):
        yield Finding("no file system has purpose monitor", path=("file_systems",))


def _monitor_exists(app: Application, _: Node) -> Iterator[Finding]:
    monitors = {mount.mount_point for _, mount in _numbered(app, "monitor")}
    for number, mount in _numbered(app):
        if mount.monitored_by and mount.monitored_by not in monitors:
            yield Finding(
                f"no file system {mount.monitored_by} of purpose monitor",
                f"{mount.mount_point} says that it is monitored by it.",
                mount_path(number, "monitored_by"),
            )


def _monitor_of_the_class(app: Application, _: Node) -> Iterator[Finding]:
    classes = {m.mount_point: m.disk_class for _, m in _numbered(app, "monitor")}
    for number, mount in _numbered(app, *JOBS):
        other = classes.get(mount.monitored_by, mount.disk_class)
        if other != mount.disk_class:
            yield Finding(
                f"{mount.monitored_by} of class {other or 'none'} monitors "
                f"{mount.mount_point} of class {mount.disk_class or 'none'}",
                path=mount_path(number, "monitored_by"),
            )


def _class_monitored(app: Application, _: Node) -> Iterator[Finding]:
    if not any(_numbered(app, "monitor")):
        return  # that there is none at all is an error of its own
    monitors = _classes(_numbered(app, "monitor"))
    for name in sorted(_classes(_numbered(app, *JOBS)) - monitors):
        yield Finding(
            f"disk class {name} has no monitoring file system", path=("file_systems",)
        )


def _monitor_first(app: Application, _: Node) -> Iterator[Finding]:
    places = {mount.mount_point: number for number, mount in _numbered(app, "monitor")}
    for number, mount in _numbered(app, *JOBS):
        # One that names no monitor is held to A.1.6's plain words: some monitor before it.
        first = places.get(mount.monitored_by, min(places.values(), default=-1))
        if first > number:
            monitor = app.mounts[first].mount_point
            yield Finding(
                f"{mount.mount_point} comes before {monitor}, which monitors it",
                path=mount_path(number),
            )


def _parent_first(app: Application, _: Node) -> Iterator[Finding]:
    for number, mount in _numbered(app):
        for later in app.mounts[number + 1 :]:
            if later.mount_point != mount.mount_point and is_under(
                mount.mount_point, later.mount_point
            ):
                yield Finding(
                    f"{mount.mount_point} comes before {later.mount_point}, in which it is",
                    path=mount_path(number),
                )


def _monitor_options(app: Application, _: Node) -> Iterator[Finding]:
    for number, mount in _numbered(app, "monitor"):
        if "ro" not in mount.options.split(","):
            yield Finding(
                f"monitoring file system {mount.mount_point} is not read-only",
                path=mount_path(number, "options"),
            )


def _noauto(app: Application, _: Node) -> Iterator[Finding]:
    for number, mount in _numbered(app):
        if "noauto" not in mount.options.split(","):
            yield Finding(
                f"{mount.mount_point} would be mounted at boot",
                path=mount_path(number, "options"),
            )


def _read_only_job(app: Application, _: Node) -> Iterator[Finding]:
    for number, mount in _numbered(app, *JOBS):
        if "ro" in mount.options.split(","):
            yield Finding(
                f"{mount.mount_point} of purpose {mount.purpose} is read-only",
                path=mount_path(number, "options"),
            )


def _monitor_only(app: Application, _: Node) -> Iterator[Finding]:
    for number, mount in _numbered(app, *JOBS):
        wanted = mount.purpose == "backup"
        if ("MONITORONLY" in mount.flags) != wanted:
            yield Finding(
                f"{mount.mount_point} of purpose {mount.purpose} "
                f"{'lacks' if wanted else 'has'} MONITORONLY",
                path=mount_path(number, "flags"),
            )


def _backup_apart(app: Application, _: Node) -> Iterator[Finding]:
    taken = _classes(_numbered(app, "data", "tablespace"))
    for number, mount in _numbered(app, "backup"):
        if mount.disk_class in taken:
            yield Finding(
                f"backup {mount.mount_point} is in disk class {mount.disk_class}, "
                "which holds data or tablespaces",
                path=mount_path(number, "device"),
            )


def _wal_apart(app: Application, _: Node) -> Iterator[Finding]:
    taken = _classes(_numbered(app, "data"))
    for number, mount in _numbered(app, "wal"):
        if mount.disk_class in taken:
            yield Finding(
                f"data and transaction log {mount.mount_point} are in one disk class, "
                f"{mount.disk_class}",
                path=mount_path(number, "device"),
            )


def _class_registered(app: Application, _: Node) -> Iterator[Finding]:
    classes = app.gds.disk_classes if app.gds else ()
    for name in sorted(_classes(_numbered(app)) - set(classes)):
        yield Finding(f"disk class {name} is used and not in [gds]", path=("gds",))


def _class_used(app: Application, _: Node) -> Iterator[Finding]:
    used = _classes(_numbered(app))
    for name in app.gds.disk_classes if app.gds else ():
        if name not in used:
            yield Finding(f"disk class {name} has no file system", path=("gds",))


def _standby_support(app: Application, _: Node) -> Iterator[Finding]:
    if app.gds and app.gds.standby_support != "no":
        yield Finding(
            "attribute StandbySupport is not no", path=("gds", "StandbySupport")
        )


def _local(app: Application, _: Node) -> Iterator[Finding]:
    for number, mount in _numbered(app):
        if not mount.disk_class:
            yield Finding(
                f"{mount.mount_point} is on {mount.device}, which is no GDS volume",
                path=mount_path(number, "device"),
            )


_ONE_CLASS = (
    "inferred: the manual says that the monitoring disk area must be secured, not that each "
    "class needs one; a fault of one class does not show on another"
)

RULES = (
    Rule(
        find=_some_file_systems, section="2.3.3", hint="Declare them in [file_systems]."
    ),
    Rule(
        find=_some_monitor,
        section="2.3.3",
        hint="Declare a small volume for monitoring.",
    ),
    Rule(
        find=_monitor_exists,
        section="2.3.3",
        hint="Name a mount point of purpose monitor.",
    ),
    Rule(
        find=_monitor_of_the_class,
        severity="warning",
        section="2.3.3",
        source=_ONE_CLASS,
        hint="Let one of its own class monitor it.",
    ),
    Rule(
        find=_class_monitored,
        severity="warning",
        section="2.3.3",
        source=_ONE_CLASS,
        hint="Declare a small volume of that class for monitoring.",
    ),
    Rule(
        find=_monitor_first, section="A.1.6", hint="Put monitoring file systems first."
    ),
    Rule(
        find=_parent_first,
        severity="warning",
        source="inferred from Installation and Administration Guide 4.1 for Solaris, "
        "6.6.1.2: one resource holds parent and child",
        hint="Put the file system that holds the other before it.",
    ),
    Rule(find=_monitor_options, section="2.3.4.2", hint='Set options = "noauto,ro".'),
    Rule(find=_noauto, section="2.3.4.2", hint='Add "noauto" to its options.'),
    Rule(
        find=_read_only_job,
        severity="warning",
        source="inferred: the manual's samples have ro on monitoring file systems alone",
        hint='Take "ro" out of its options.',
    ),
    Rule(find=_monitor_only, section="A.1.6", hint="MONITORONLY is for backups alone."),
    Rule(
        find=_backup_apart, section="2.3.3", hint="Use a disk class of its own for it."
    ),
    Rule(
        find=_wal_apart,
        section="2.3.3",
        severity="warning",
        hint="Put the transaction log into a class of its own, to spread the load.",
    ),
    Rule(find=_class_registered, section="A.1.3", hint="List it under disk_classes."),
    Rule(
        find=_class_used,
        section="A.1.3",
        severity="warning",
        hint="Take it out, if no file system of this application is on it.",
    ),
    Rule(find=_standby_support, section="A.1.3", hint='Set StandbySupport = "no".'),
    Rule(
        find=_local,
        section="2.3.3",
        severity="warning",
        source="inferred: the manual knows GDS volumes alone",
        hint="Whether the disk follows the application is for you to see to.",
    ),
)
