"""PostgreSQL's configuration, which both nodes have in common (manual 2.3.7)."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_pclrsc.core.definition import plain
from pgx_pclrsc.preflight.core import settings
from pgx_pclrsc.preflight.core.facts import (
    Configuration,
    Instance,
    Library,
    Listening,
    Locale,
    Machine,
    NamedPath,
    Registered,
    Services,
)
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.core.verdict import Row, Verdict, error, fine, warning

_HUGE_SPARE = 1.05  # shared_buffers is most of a server's memory, not all
_BLOCK_KB = 8
_BUFFERS = "128MB"
_CRASH = "restart_after_crash"


def _read(wanted: Registered, found: Configuration) -> Iterator[Verdict]:
    for one in found.settings:
        if one.wrong:
            yield error(
                f"{one.place}: {one.wrong}", "PostgreSQL does not start with it."
            )
    other = found.value("data_directory")
    if other and plain(other) != wanted.data_directory:
        yield error(
            f"data_directory is {other}, and not that of the resource",
            "Remove it, or register the resource with -D of that directory.",
        )


def _archive(found: Configuration) -> Iterator[Verdict]:
    directory = settings.archive_directory(found)
    if not settings.archives(found):
        yield fine("the log is not archived")
    elif directory:
        yield fine(f"the log is archived into {directory}")
    else:
        yield warning(
            "archive_mode is on, and where the log goes is not told by a path",
            "See that it goes to a file system of the shared disk, or to another host.",
        )


def _crash(found: Configuration) -> Iterator[Verdict]:
    if settings.is_on(found.value(_CRASH, "on")):
        place = found.place(_CRASH)
        where = f"set in {place}" if place else "its default"
        yield error(
            f"{_CRASH} is on ({where}): a crash restart is a fault here",
            f"Set {_CRASH} = off in postgresql.conf.",
        )


def _service(found: Configuration, services: Services) -> Iterator[Verdict]:
    port = settings.port(found)
    named = [name for name, number in services.entries if number == port]
    if services.unread:
        yield warning(services.unread, "Look whether it has the port.")
    elif not port:
        yield error(f"port is {found.value('port')}, which is none", "Set a port.")
    elif not named:
        yield error(
            f"/etc/services has no TCP port {port}",
            f"Add a line on every node: NAME {port}/tcp",
        )
    else:
        yield fine(f"port {port} is {', '.join(named)}")


def _free(
    found: Configuration, here: Listening, instance: Instance
) -> Iterator[Verdict]:
    port = settings.port(found)
    if instance.postmasters:
        yield fine("the instance runs here and has them")
        return
    if port in here.ports:
        yield error(
            f"somebody else listens on port {port} of this node",
            "Give this instance a port of its own, or end the other.",
        )
    for directory in settings.socket_directories(found):
        if f"{directory}/.s.PGSQL.{port}" in here.sockets:
            yield error(
                f"somebody else listens on the socket of port {port} in {directory}",
                "Give this instance a port or a directory of its own.",
            )


def _paths(named: tuple[NamedPath, ...]) -> Iterator[Verdict]:
    for one in named:
        label = f"{one.parameter} = {one.path}"
        if isinstance(one.seen, Unknown):
            why = f"{label} is not seen: {one.seen.why}"
            hint = "See what is wrong there, and run the command again."
            yield fine(why) if one.seen.expected else warning(why, hint)
        elif one.seen.problem:
            yield error(
                f"{label}: {one.seen.problem}",
                "Make it on every node, for the OS user, or set another path.",
            )


def _passphrase(
    found: Configuration, named: tuple[NamedPath, ...]
) -> Iterator[Verdict]:
    command = found.value("ssl_passphrase_command")
    if not settings.is_on(found.value("ssl")):
        return
    if command and settings.asks_a_person(command):
        yield error(
            f"ssl_passphrase_command asks a person: {command}",
            "Online would wait for ever: have it print the passphrase from a file that "
            "the OS user alone can read, on every node.",
        )
    elif command:
        yield warning(
            f"ssl_passphrase_command is {command}",
            "See that it asks nobody and that its program is on every node.",
        )
    for one in named:
        if not command and not isinstance(one.seen, Unknown) and one.seen.encrypted:
            yield error(
                f"{one.path} is encrypted, and nothing gives its passphrase",
                "Set ssl_passphrase_command, or take the passphrase off the key.",
            )


def _huge(found: Configuration, here: Machine, instance: Instance) -> Iterator[Verdict]:
    if found.value("huge_pages", "try").strip().lower() != "on":
        return
    size = settings.kilobytes(found.value("huge_page_size", "0"), 1) or 0
    if size and size != here.huge_pages.size_kb:
        yield warning(
            f"huge_page_size is {found.value('huge_page_size')}, which is not looked at",
            "See /sys/kernel/mm/hugepages for what is free of that size.",
        )
        return
    yield from _enough(found, here, instance)


def _enough(
    found: Configuration, here: Machine, instance: Instance
) -> Iterator[Verdict]:
    pages = here.huge_pages
    buffers = settings.kilobytes(found.value("shared_buffers", _BUFFERS), _BLOCK_KB)
    if buffers is None or not pages.size_kb:
        yield warning(
            "how many huge pages it needs is not known", "Set huge_pages = try."
        )
        return
    needed = int(buffers * _HUGE_SPARE / pages.size_kb) + 1
    there = pages.total if instance.postmasters else pages.free
    if there < needed:
        yield error(
            f"huge_pages is on, and {there} of some {needed} pages are there",
            f"Set vm.nr_hugepages to at least {needed} on every node, or huge_pages = try.",
        )


def _libraries(found: tuple[Library, ...]) -> Iterator[Verdict]:
    for one in found:
        if not one.path:
            yield error(
                f"{one.parameter} names {one.name}, which is not installed here",
                "Install it on every node: without it nobody is let in.",
            )


def _locales(found: tuple[Locale, ...]) -> Iterator[Verdict]:
    for one in found:
        if not one.order:
            yield error(
                f"locale {one.name} is not on this node",
                "Generate it here (locale-gen, localedef): the server does not start "
                "without it.",
            )


ROWS = (
    Row(
        "configuration",
        "2.3.7",
        ("registered", "configuration"),
        _read,
        "it can be read, and is this directory's",
    ),
    Row("archive", "2.3.3", ("configuration",), _archive, "its directory is known"),
    Row("restart_after_crash", "2.3.7", ("configuration",), _crash, "off"),
    Row(
        "services",
        "2.3.7",
        ("configuration", "services"),
        _service,
        "the port is in /etc/services",
    ),
    Row(
        "port_free",
        "2.3.7",
        ("configuration", "listening", "instance"),
        _free,
        "port and sockets are free",
    ),
    Row(
        "named_paths",
        "2.3.7",
        ("named",),
        _paths,
        "what postgresql.conf names is here, and can be read",
    ),
    Row(
        "passphrase",
        "2.3.9",
        ("configuration", "named"),
        _passphrase,
        "a start asks nobody",
    ),
    Row(
        "huge_pages",
        "ours",
        ("configuration", "machine", "instance"),
        _huge,
        "none must be had, or enough are",
    ),
    Row(
        "preload_libraries",
        "2.3.7",
        ("libraries",),
        _libraries,
        "each that is named is installed",
    ),
    Row("locales", "ours", ("locales",), _locales, "each that is named is here"),
)
