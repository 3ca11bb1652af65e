"""Whether the OS user can read what runs as that user: our programs, and the registry.

A worker and a monitor load more of the program once they have given root up; below a
directory that is closed to them nothing works, and Python's words for it name a module.
Both import this before they do, so it imports next to nothing.
"""

from __future__ import annotations

import os
import sys

from pgx_base.failure import Failure
from pgx_base.text import quoted


def closed(path: str) -> str:
    """Return the first directory on the way to *path*, itself included, that is closed to us.

    "" for none.  What is not there is not closed.
    """
    at, parts = "/", [part for part in os.path.abspath(path).split("/") if part]
    while os.access(at, os.X_OK):
        if not parts:
            return ""
        at = os.path.join(at, parts.pop(0))
        if not os.path.isdir(at):
            return ""
    return at


def programs() -> list[str]:
    """Return the directories that our programs are read from, links followed."""
    places = [os.path.dirname(sys.argv[0]), *sys.path, os.path.dirname(sys.executable)]
    found = [os.path.realpath(place) for place in places if os.path.isdir(place)]
    return sorted(set(found))


def closed_program(places: list[str]) -> str:
    """Return the first directory that keeps us from reading one of *places*, "" for none."""
    for place in places:
        if found := closed(place):
            return found
        if os.path.isdir(place) and not os.access(place, os.R_OK):
            return place
    return ""


def refused_programs(user: str, directory: str) -> Failure:
    """Return the refusal for programs that *user* cannot read because of *directory*."""
    return Failure(
        f"programs cannot be run by OS user {quoted(user)}",
        detail=f"Directory {quoted(directory)} is closed to that user.",
        hint="Open it, or install where every user can enter: "
        "make install PREFIX=/opt/pgx_pclrsc.",
    )


def refused_registry(root: str, user: str, directory: str) -> Failure:
    """Return the refusal for a registry that *user* cannot read because of *directory*."""
    return Failure(
        f"registry {quoted(root)} cannot be read by OS user {quoted(user)}",
        detail=f"Directory {quoted(directory)} is closed to that user.",
        hint="Open it, or set PGX_PCLRSC_HOME to a directory that every user can enter.",
    )
