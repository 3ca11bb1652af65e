"""The attributes of the application against the manual's table.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pgx_wizard.core.application import Application
from pgx_wizard.core.parts.basics import RECOMMENDED, SCRIPTS
from pgx_wizard.core.parts.database import Cmdline, Symfoware
from pgx_wizard.core.rules.rule import Finding, Node, Rule

_FORBIDDEN = re.compile(r"[=\\~%@&]")


def _recommended(app: Application, _: Node) -> Iterator[Finding]:
    for key, value in RECOMMENDED.items():
        if app.basics[key] != value:
            yield Finding(
                f"{key} is {app.basics[key]}",
                f"The manual has {value}.",
                ("attributes", key),
            )


def _commands(app: Application) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(app.database, Cmdline):
        yield ("database", "script_dir"), app.database.script_dir


def _scripts(app: Application) -> Iterator[tuple[tuple[str, ...], str]]:
    for key in SCRIPTS:
        yield ("attributes", key), app.basics[key]
    if isinstance(app.database, Symfoware):
        yield ("database", "FaultScript"), app.database.fault_script


def _forbidden(app: Application, _: Node) -> Iterator[Finding]:
    return _found(_commands(app))


def _doubtful(app: Application, _: Node) -> Iterator[Finding]:
    return _found(_scripts(app))


def _found(commands: Iterable[tuple[tuple[str, ...], str]]) -> Iterator[Finding]:
    for path, command in commands:
        if found := sorted(set(_FORBIDDEN.findall(command))):
            yield Finding(
                f"{path[-1]} has a forbidden character",
                f"{command} has {' '.join(found)} in it; of = \\ ~ % @ & a Cmdline resource "
                "takes none.",
                path,
            )


def _prefix(app: Application, _: Node) -> Iterator[Finding]:
    for number, address in enumerate(app.network.addresses if app.network else ()):
        if "." in address.address and address.prefix > 32:
            yield Finding(
                f"prefix {address.prefix} of {address.address} is longer than 32 bits",
                path=("network", "address", number, "prefix"),
            )


RULES = (
    Rule(
        find=_recommended,
        section="A.1.2",
        severity="warning",
        hint="Leave the key out to have the manual's value.",
    ),
    Rule(
        find=_forbidden,
        source="PRIMECLUSTER Installation and Administration Guide 4.4, 6.11",
        hint="Call a script whose path has none of them.",
    ),
    Rule(
        find=_doubtful,
        severity="warning",
        source="inferred from PRIMECLUSTER Installation and Administration Guide 4.4, "
        "6.11, which says it of Cmdline resources",
        hint="Call a script whose path has none of them.",
    ),
    Rule(
        find=_prefix,
        source="RMS guide 4.6, A.2.1: hvipalias has a netmask of eight hex digits for IPv4",
        hint="Give the length of the network's prefix, 24 for 255.255.255.0.",
    ),
)
