"""The database: is it registered, does what RMS is told agree with it.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_pclrsc.core.definition import ResourceDefinition, is_under
from pgx_wizard.core.application import Application
from pgx_wizard.core.parts.database import CMDLINE_FLAGS, Cmdline, Symfoware
from pgx_wizard.core.rules.rule import Finding, Node, Rule


def _other_product(app: Application, _: Node) -> Iterator[Finding]:
    if isinstance(app.database, Symfoware):
        detail = (
            "The menu item belongs to another product and runs that product's scripts."
        )
        yield Finding(
            "kind symfoware does not run pgx_online, pgx_offline and pgx_check",
            detail,
            ("database", "kind"),
        )


def _no_registry(app: Application, node: Node) -> Iterator[Finding]:
    if app.database and not node.has_registry and not node.trouble:
        yield Finding(
            f"resource {app.database.resource} is not checked",
            "This node has no registry of resources.",
            ("database", "resource"),
        )


def _registered(app: Application, node: Node) -> Iterator[Finding]:
    if not app.database or node.definition:
        return
    name, path = app.database.resource, ("database", "resource")
    if node.trouble:  # that is not known of it: it may be registered, and well
        yield Finding(f"resource {name} cannot be checked", node.trouble, path)
    elif node.has_registry:
        yield Finding(f"resource {name} is not registered on this node", "", path)


def _nodes(app: Application, node: Node) -> Iterator[Finding]:
    known = node.definition
    if known and set(known.nodes) != set(app.machines):
        yield Finding(
            f"machines are not the nodes of resource {known.name}",
            f"It is registered with {', '.join(known.nodes)}.",
            ("machines",),
        )


def _data_directory(app: Application, node: Node) -> Iterator[Finding]:
    known = node.definition
    if known and not _holds_data(app, known):
        yield Finding(
            f"data directory {known.data_directory} is on no file system of purpose data",
            path=("file_systems",),
        )


def _holds_data(app: Application, known: ResourceDefinition) -> bool:
    """Whether the innermost mount point above the data directory is of purpose data."""
    above = [m for m in app.mounts if is_under(known.data_directory, m.mount_point)]
    innermost = max(above, key=lambda m: len(m.mount_point), default=None)
    return innermost is not None and innermost.purpose == "data"


def _times(app: Application, node: Node) -> Iterator[Finding]:
    if isinstance(app.database, Cmdline):
        yield from _short_times(app, node)


def _other_times(app: Application, node: Node) -> Iterator[Finding]:
    if isinstance(app.database, Symfoware):
        yield from _short_times(app, node)


def _short_times(app: Application, node: Node) -> Iterator[Finding]:
    known = node.definition
    if known is None:
        return
    for key, given, needed in _time_pairs(app, known):
        if given < needed:
            yield Finding(
                f"{key} of {given} s is less than the registered {needed} s",
                f"RMS would end the script before resource {known.name} gives up.",
                ("database", key),
            )


def _time_pairs(
    app: Application, known: ResourceDefinition
) -> Iterator[tuple[str, int, int]]:
    match app.database:
        case Symfoware():
            yield "OnlineTimeout", app.database.online_timeout, known.online_timeout
            yield "OfflineTimeout", app.database.offline_timeout, known.offline_timeout
        case Cmdline():
            # One TIMEOUT serves Start and Stop.
            needed = max(known.online_timeout, known.offline_timeout)
            yield "timeout", app.database.timeout, needed
        case None:
            pass


def _flags(app: Application, _: Node) -> Iterator[Finding]:
    if not isinstance(app.database, Cmdline):
        return
    for flag, value in CMDLINE_FLAGS.items():
        if app.database.flags[flag] != value:
            yield Finding(
                f"{flag} is {app.database.flags[flag]}",
                f"pgx_online, pgx_offline and pgx_check are made for {value}.",
                ("database", "flags", flag),
            )


_SCRIPTS = "what pgx_online, pgx_offline and pgx_check do (docs/scripts.md)"

RULES = (
    Rule(
        find=_other_product,
        section="A.1.4",
        severity="warning",
        hint='Set kind = "cmdline" to run this project\'s scripts.',
    ),
    Rule(
        find=_no_registry,
        section="2.3.8",
        severity="warning",
        hint="Run the check on a node where pgx_pclrsc -a was run.",
    ),
    Rule(
        find=_registered,
        section="2.3.8",
        hint="Register it with pgx_pclrsc -a; pgx_pclrsc -p lists the names.",
    ),
    Rule(find=_nodes, section="2.3.8", hint="Name the same nodes in both places."),
    Rule(
        find=_data_directory,
        section="2.3.3",
        hint="Declare the file system that holds it with purpose data.",
    ),
    Rule(find=_times, source=_SCRIPTS, hint="Give the database resource more time."),
    Rule(
        find=_other_times,
        severity="warning",
        source="inferred: the other product's scripts may heed other times",
        hint="Give the database resource more time.",
    ),
    Rule(find=_flags, severity="warning", source=_SCRIPTS, hint="Leave the flag out."),
)
