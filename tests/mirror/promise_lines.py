"""A promise of the pair as lines of a file, read.  Pure.

    # what it is about
    with arbitration, message
    panic primary
    commits at standby within 60 s

One statement a line: STATEMENTS has each with what it is.  A node is named by its role when
the play begins: primary, standby, arbiter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PRIMARY, STANDBY, ARBITER = "primary", "standby", "arbiter"
_NODE, _SERVER = r"(primary|standby|arbiter)", r"(primary|standby)"
_LIMIT = r" within (\d+) s"

STATEMENTS = {
    "panic": rf"panic {_NODE}",  # power fails
    "boot": rf"boot {_NODE}",
    "start": rf"start {_NODE}",  # mc_ctl start, or mc_arb start
    "start_refused": rf'start {_SERVER} refused "(.+)"',
    "cut": rf"cut ([a-z, ]+) at {_NODE}",  # networks, or all
    "join": r"join",  # whatever is cut
    "kill": rf"kill postmaster of {_SERVER}",
    "forget": r"forget register",  # the arbiter's state is lost
    "mc_ctl": rf"mc_ctl ([a-z -]+) on {_SERVER}",
    "mc_ctl_at_last": rf"mc_ctl ([a-z -]+) on {_SERVER}{_LIMIT}",  # asked again
    "has_mark": rf"{_SERVER} is ([A-Z]+){_LIMIT}",
    "is_off": rf"{_SERVER} is off{_LIMIT}",
    "is_whole": rf"pair is switchable{_LIMIT}",
    "commits": rf"commits at {_SERVER}{_LIMIT}",
    "no_commits": r"no commits for (\d+) s",
    "nobody_switches": r"nobody switches for (\d+) s",  # and commits go on
    "tells": rf'status of {_SERVER} says "(.+)"{_LIMIT}',
}


class Wrong(Exception):
    """A line that is no statement."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: its number in the file, its name, and its words."""

    number: int
    text: str
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """One file: policies that keep it, and what is done and seen."""

    policies: tuple[str, ...]
    lines: tuple[Line, ...]


def read(text: str) -> Promise:
    """Return the promise in *text*.  Raises Wrong."""
    policies: tuple[str, ...] = ()
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("with "):
            policies = tuple(re.split(r",\s*", stripped.removeprefix("with ")))
        else:
            lines.append(_statement(number, stripped))
    if not policies:
        raise Wrong("no policy is named: with POLICY, ...")
    return Promise(policies, tuple(lines))


def _statement(number: int, text: str) -> Line:
    for name, form in STATEMENTS.items():
        if found := re.fullmatch(form, text):
            return Line(number, text, name, found.groups())
    raise Wrong(f"line {number}: {text}")
