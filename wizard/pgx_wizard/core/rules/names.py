"""Names that PRIMECLUSTER allows and reserves, and which node is first.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgx_wizard.core.application import Application
from pgx_wizard.core.rules.rule import Finding, Node, Rule

# The only readable rule for an application's name is that of the graphical wizard.
_GUI_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,17}")
_GUI = "Installation and Administration Guide 4.3 for Solaris, 6.7.2 (the graphical wizard)"


def _name(app: Application, _: Node) -> Iterator[Finding]:
    if not _GUI_NAME.fullmatch(app.name):
        detail = "There, a name has at most 18 characters: a letter, then letters, digits, `_`."
        yield Finding(
            f'application name "{app.name}" may be refused', detail, ("name",)
        )


def _reserved(app: Application, _: Node) -> Iterator[Finding]:
    if app.name.lower() == "generic":
        yield Finding(f'application name "{app.name}" is reserved', path=("name",))


def _configuration(app: Application, node: Node) -> Iterator[Finding]:
    if app.configuration in node.reserved:
        detail = "RMS has a file of that name in its directory us."
        yield Finding(
            f'configuration name "{app.configuration}" is reserved',
            detail,
            ("configuration",),
        )


def _two_machines(app: Application, _: Node) -> Iterator[Finding]:
    if len(app.machines) < 2:
        detail = "Machines[0] is the active node, Machines[1] the standby node."
        yield Finding("application has no standby node", detail, ("machines",))


def _active_first(app: Application, node: Node) -> Iterator[Finding]:
    known = node.definition
    if (
        known
        and set(known.nodes) == set(app.machines)
        and known.nodes[0] != app.machines[0]
    ):
        detail = f"Resource {known.name} was registered with {known.nodes[0]} first."
        yield Finding(f"active node is {app.machines[0]}", detail, ("machines",))


RULES = (
    Rule(
        find=_name,
        severity="warning",
        source=_GUI,
        hint="Choose a name that the graphical wizard would take too.",
    ),
    Rule(find=_reserved, severity="warning", source=_GUI, hint="Choose another name."),
    Rule(
        find=_configuration,
        source="RMS guide 4.7, 1.10: names of files in RELIANT_PATH/us are reserved",
        hint="Choose another name for the configuration.",
    ),
    Rule(
        find=_two_machines,
        section="A.1.2",
        hint="Name both nodes, the active one first.",
    ),
    Rule(
        find=_active_first,
        section="A.1.2",
        severity="warning",
        source="inferred: the order of -n is not said to matter",
        hint="Put the active node first: it becomes Machines[0].",
    ),
)
