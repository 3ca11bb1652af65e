"""A wheel is a zip archive whose files go into an environment's site-packages."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath

from pgx_base.failure import Failure
from pgx_base.text import quoted

# Of what a wheel keeps in NAME.data: what goes beside the rest.  Its programs, headers and
# pages nobody here needs.
_BESIDE = ("purelib", "platlib")


def unpack(wheel: str, data: bytes, site: Path) -> None:
    """Write the files of *wheel*, whose bytes are *data*, below *site*.

    Raises Failure, OSError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if not member.is_dir() and (name := _placed(wheel, member.filename)):
                    _write(site / name, archive.read(member))
    except zipfile.BadZipFile as ex:
        raise Failure(
            f"the bundle is not whole: {quoted(wheel)} is no wheel: {ex}"
        ) from ex


def _placed(wheel: str, name: str) -> str:
    """Return where the file *name* of a wheel goes, "" for nowhere.  Raises Failure."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise Failure(
            f"{quoted(wheel)} has a file that leads out of it: {quoted(name)}"
        )
    if parts[0].endswith(".data"):
        return "/".join(parts[2:]) if parts[1:2] and parts[1] in _BESIDE else ""
    return name


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
