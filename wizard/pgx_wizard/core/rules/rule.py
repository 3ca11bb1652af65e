"""What a rule is, what it looks at, and what it finds.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.fstab import FSTAB, FSTAB_PCL
from pgx_wizard.core.application import Application
from pgx_wizard.core.file.positions import Path
from pgx_wizard.core.file.problem import Severity


@dataclass(frozen=True, slots=True)
class Node:
    """What is known of this node; None is what was not looked at.

    *trouble* says why the resource's definition could not be had; a node without a
    registry has *has_registry* false.  *tables* are the paths of fstab and fstab_pcl.
    """

    name: str = ""
    has_registry: bool = False
    definition: ResourceDefinition | None = None
    trouble: str = ""
    fstab: str | None = None
    fstab_pcl: str | None = None
    reserved: frozenset[str] = frozenset()  # names that RMS keeps for itself
    tables: tuple[str, str] = (FSTAB, FSTAB_PCL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule, and the key of the application file that has it."""

    primary: str
    detail: str = ""
    path: Path = ()


Find = Callable[[Application, Node], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: where it is written, how sure that is, and what to do about a breach."""

    find: Find
    hint: str
    section: str = ""
    severity: Severity = "error"
    source: str = ""


def mount_path(number: int, key: str = "") -> Path:
    """Return the place of file system *number* in the application file."""
    path: Path = ("file_systems", "mount", number)
    return (*path, key) if key else path
