"""What this node says: its registry, its name, its mount tables, and files that are named."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pgx_base.failure import Failure
from pgx_base.text import quoted

if TYPE_CHECKING:
    from pgx_wizard.core.application import Application
    from pgx_wizard.core.rules.rule import Node

RMS_SOURCES = "/opt/SMAW/SMAWRrms/us"
_LARGEST = 4 << 20  # bytes


def read_text(path: str) -> str:
    """Return the text of the file at *path*, `-` for standard input.  Raises Failure."""
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError as ex:
        line = ex.object.count(b"\n", 0, ex.start) + 1
        detail = f"Line {line} is not valid UTF-8."
        raise Failure(f"could not read file {quoted(path)}", detail=detail) from ex
    except (OSError, ValueError) as ex:
        reason = ex.strerror if isinstance(ex, OSError) else ex
        raise Failure(f"could not read file {quoted(path)}: {reason}") from ex


def _bytes(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(_LARGEST)
    # A FIFO or a device must not be waited for.
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(fd, "rb") as file:
        return file.read(_LARGEST)


def look(app: Application, tables: dict[str, str]) -> Node:
    """Return what this node says; *tables* has the paths given with --fstab, --fstab-pcl.

    The node's own tables are read where the node is one of the application's machines.
    Raises Failure for a file that was named and cannot be read.
    """
    from pgx_pclrsc import fstab, registry, store
    from pgx_pclrsc.node import this_node
    from pgx_wizard.core.rules.rule import Node

    name = this_node(os.environ)
    here = name in app.machines and not tables
    root = registry.registry_root()
    definition, trouble = None, ""
    there = registry.is_there(root)
    if app.database and there:
        try:
            definition = store.load(app.database.resource, root)
        except store.UnknownResource:
            pass  # it can be told: the registry has been read
        except Failure as ex:
            trouble = ex.detail or f"{ex.primary[:1].upper()}{ex.primary[1:]}."
    return Node(
        name,
        there,
        definition,
        trouble,
        _table(tables.get("--fstab"), fstab.FSTAB if here else ""),
        _table(tables.get("--fstab-pcl"), fstab.FSTAB_PCL if here else ""),
        _reserved(),
        (
            tables.get("--fstab", fstab.FSTAB),
            tables.get("--fstab-pcl", fstab.FSTAB_PCL),
        ),
    )


def _reserved() -> frozenset[str]:
    """Return the names that RMS keeps for itself: its own files, with and without `.us`."""
    try:
        files = os.listdir(RMS_SOURCES)
    except OSError:
        return frozenset()  # RMS is not installed here
    return frozenset(files) | {name.removesuffix(".us") for name in files}


def _table(given: str | None, default: str) -> str | None:
    if given is not None:
        return read_text(given)
    return read_text(default) if default and os.path.exists(default) else None


def write_new(directory: str, name: str, text: str, *, executable: bool) -> str:
    """Write file *name* into *directory*, and return its path.  Raises Failure.

    A file that is there and differs is not touched: it may be somebody's work.
    """
    path = os.path.join(directory, name)
    try:
        os.makedirs(directory, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(path, flags, 0o755 if executable else 0o644)
    except FileExistsError as ex:
        if read_text(path) == text:
            return path
        hint = "Choose another directory, or remove the file."
        raise Failure(f"file {quoted(path)} exists and differs", hint=hint) from ex
    except OSError as ex:
        raise Failure(f"could not write file {quoted(path)}: {ex.strerror}") from ex
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)
    return path
