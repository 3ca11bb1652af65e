"""How much one configuration holds, and how long its file systems need.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_wizard.core.application import LISTED, Application
from pgx_wizard.core.rules.rule import Finding, Node, Rule

RESOURCES, DETECTORS = 500, 100
SECONDS_A_FILE_SYSTEM = 6
_GUIDE = "PRIMECLUSTER Installation and Administration Guide 4.3, A.10 (worksheets)"
_SOLARIS = "Installation and Administration Guide 4.1 for Solaris, 6.6.1.2"


def objects(app: Application) -> list[tuple[int, int]]:
    """Return how many resource objects of each kind *app* has, and how many a detector serves."""
    return [counts for part in app.parts(LISTED) for counts in part.objects().values()]


def _resources(app: Application, _: Node) -> Iterator[Finding]:
    count = sum(number for number, _ in objects(app))
    if count > RESOURCES:
        yield Finding(f"{count} resources are more than {RESOURCES}")


def _detectors(app: Application, _: Node) -> Iterator[Finding]:
    count = sum(-(-number // each) for number, each in objects(app))
    if count > DETECTORS:
        yield Finding(f"{count} detectors are more than {DETECTORS}")


def _file_system_time(app: Application, _: Node) -> Iterator[Finding]:
    needed = len(app.mounts) * SECONDS_A_FILE_SYSTEM
    if app.file_systems and app.file_systems.timeout < needed:
        yield Finding(
            f"time-out of {app.file_systems.timeout} s is short for {len(app.mounts)} "
            "file systems",
            f"It takes {SECONDS_A_FILE_SYSTEM} s for each, {needed} s in all.",
            ("file_systems", "Timeout"),
        )


RULES = (
    Rule(find=_resources, source=_GUIDE, hint="Declare fewer, or two applications."),
    Rule(find=_detectors, source=_GUIDE, hint="Declare fewer, or two applications."),
    Rule(
        find=_file_system_time,
        severity="warning",
        source=_SOLARIS,
        hint="Set Timeout in [file_systems].",
    ),
)
