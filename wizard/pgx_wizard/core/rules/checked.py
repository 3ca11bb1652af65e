"""What `check` has looked at, and what it could not: one line, so that silence is no promise.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgx_wizard.core.application import Application
from pgx_wizard.core.rules.rule import Node


def summary(operand: str, app: Application, node: Node) -> str:
    """Return the last line of `check` for the application file *operand*."""
    seen = ", ".join([operand, *_seen(app, node)])
    unseen = ", ".join(_unseen(app, node))
    return f"checked: {seen}; not checked: {unseen or 'nothing'}"


def _tables(node: Node, *, read: bool) -> list[str]:
    pairs = zip(node.tables, (node.fstab, node.fstab_pcl), strict=True)
    return [name for name, text in pairs if (text is not None) == read]


def _seen(app: Application, node: Node) -> Iterator[str]:
    if app.database and node.has_registry and not node.trouble:
        yield "the registry of this node"
    if tables := _tables(node, read=True):
        yield " and ".join(tables)


def _unseen(app: Application, node: Node) -> Iterator[str]:
    if app.database and (not node.has_registry or node.trouble):
        yield "the registry of this node"
    # Of a node that is none of the application's, no table is missed.
    of_ours = app.mounts and (node.name in app.machines or _tables(node, read=True))
    if of_ours and (tables := _tables(node, read=False)):
        yield f"{' and '.join(tables)} of this node"
    if not node.reserved:
        yield "RMS's reserved names"
    others = [name for name in app.machines if name != node.name]
    if others:
        yield f"registry and file systems of {', '.join(others)}"
