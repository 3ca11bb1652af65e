"""The link by which a cluster manager finds ocf:pgx:pgsql: OCF_ROOT/resource.d/pgx/pgsql.

It leads to PREFIX/bin/pgx_ocf, so that it is of the version that counts, and is never touched by
a newer version.  PREFIX/versions/ocf says where it is: who removes it needs to be told nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pgx_base.failure import Failure
from pgx_base.text import quoted
from tools.installer import layout, place, switching

VARIABLE = "OCF_ROOT"
ROOT = "/usr/lib/ocf"  # where every distribution has it
BELOW = "resource.d/pgx/pgsql"
USUAL = Path(ROOT, BELOW)
COMMAND = "bin/pgx_ocf"


@dataclass(frozen=True)
class Decided:
    """Where the link is to be, None for nowhere, and what whoever installs is told."""

    link: Path | None
    said: str


def links(prefix: Path) -> list[Path]:
    """Return where a link to what is in *prefix* may be: the usual place, and the one noted."""
    noted = _noted(prefix)
    return [USUAL, noted] if noted else [USUAL]


def decided(prefix: Path, environ: Mapping[str, str]) -> Decided:
    """Return what is to be done for *prefix*; nothing is changed.

    Raises Failure where something of another program is in the way, or another user could
    put something there that the cluster manager runs as root.
    """
    link = _wanted(prefix, environ)
    if link is None:
        return _none(f"{VARIABLE} is empty")
    if not link.parents[2].is_dir():
        return _none(f"there is no {link.parents[2]} on this machine")
    if os.path.lexists(link):
        return _over(link, prefix)
    there = next(path for path in link.parents if path.is_dir())
    if os.geteuid() == 0:
        place.check_owners(str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        return _none(f"{there} cannot be written")
    return _here(link)


def _none(why: str) -> Decided:
    return Decided(None, f"no link for a cluster manager is made: {why}")


def _here(link: Path) -> Decided:
    return Decided(link, f"{link} leads here, for a cluster manager")


def _wanted(prefix: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the place of the link, that of the installation before unless one is named."""
    given = environ.get(VARIABLE)
    if given is None:
        return _noted(prefix) or USUAL
    if given and not given.startswith("/"):
        raise Failure(f"{VARIABLE} must be an absolute path, not {quoted(given)}")
    return Path(given, BELOW) if given else None


def _over(link: Path, prefix: Path) -> Decided:
    leads = _leads_to(link)
    if leads_into(link, prefix):
        return _here(link)
    if leads.endswith(f"/{COMMAND}"):
        hint = "to have it lead here, remove it and install again"
        return Decided(None, f"{link} goes on leading to {leads}; {hint}")
    raise Failure(
        f"there is something of another program in {quoted(str(link.parent))}",
        detail=f"In the way: {link.name}.",
        hint=f"Remove it, or install with {VARIABLE}= for no link.",
    )


def leads_into(link: Path, prefix: Path) -> bool:
    """Whether *link* is one to what is installed in *prefix*."""
    there, last = os.path.split(os.path.join(link.parent, _leads_to(link)))
    ours, command = os.path.split(prefix / COMMAND)
    return last == command and os.path.realpath(there) == os.path.realpath(ours)


def _leads_to(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _note(prefix: Path) -> Path:
    return layout.versions(prefix) / layout.OCF


def _noted(prefix: Path) -> Path | None:
    said = _leads_to(_note(prefix))
    return Path(said) if said else None


def put(prefix: Path, link: Path | None) -> None:
    """Have *link* lead into *prefix*, and no other that was noted.  Raises OSError."""
    before = _noted(prefix)
    if link is None or (link == before and leads_into(link, prefix)):
        return
    made = place.make(link.parent)
    try:
        switching.link(_note(prefix), str(link))  # first: no link that nobody knows of
        if not leads_into(link, prefix):
            link.symlink_to(prefix / COMMAND)  # never over what is there
    except OSError:
        _remove_empty(made)
        raise
    if before not in (None, link):
        _unlink(before, prefix)


def withdraw(prefix: Path) -> None:
    """Remove the link that was noted, where it leads into *prefix*.  Raises OSError."""
    if (link := _noted(prefix)) is not None:
        _unlink(link, prefix)
        _note(prefix).unlink()


def _unlink(link: Path, prefix: Path) -> None:
    if leads_into(link, prefix):
        link.unlink()
        _remove_empty([link.parent])


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # there is something else in it
            folder.rmdir()
