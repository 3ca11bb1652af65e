"""What a package is called, and what it says of itself: the same for Debian and for RPM."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pgx_base.version import VERSION

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "pgx-primecluster"
PREFIX = "/opt/pgx_pclrsc"
SUMMARY = "PostgreSQL under PRIMECLUSTER, and as a pair that fails over"
DESCRIPTION = (
    "What RMS runs for a PostgreSQL instance on a shared disk (pgx_online,",
    "pgx_offline, pgx_check), the registry of resources (pgx_pclrsc), settings for",
    "hvw (pgx_wizard), and the Mirroring Controller of a pair on streaming",
    "replication (mc_ctl, mc_arb, mc_std).",
)
LICENCE = "PostgreSQL"
LIBC = "2.28"  # Enterprise Linux 8's: no wheel asks for a newer one
# Of a distribution: what a package may require, unlike one that somebody has built.
_INTERPRETER = re.compile(r"/usr/bin/python3\.\d+")
_REVISION = re.compile(r"[0-9][0-9A-Za-z.]*")


class Refused(Exception):
    """No package can be made of this; the text says why."""


@dataclass(frozen=True)
class Product:
    """A package to be.

    revision     counts the packages of one version
    interpreter  what its commands start
    machine      as uname calls it
    built        seconds since 1970: the time of every file in it
    sums         the checksum of what was put into it
    """

    revision: str
    interpreter: str
    machine: str
    built: int
    sums: str

    def __post_init__(self) -> None:
        """Raise Refused for what no package can be."""
        if not _INTERPRETER.fullmatch(self.interpreter):
            raise Refused(
                f"the commands would start {self.interpreter}, and no package can require "
                "that: run this by the distribution's own /usr/bin/python3.N"
            )
        if not _REVISION.fullmatch(self.revision):
            raise Refused(f'a revision is a number, not "{self.revision}"')

    @property
    def content(self) -> str:
        """Return the name of the directory of its files: another one for other files."""
        return f"{VERSION}-{self.revision}-{self.built:x}-{self.sums[:8]}"

    @property
    def maintainer(self) -> str:
        """Return who answers for it: whoever gives it away says so in PGX_MAINTAINER."""
        return os.environ.get("PGX_MAINTAINER", f"{NAME} <root@localhost>")


def built() -> int:
    """Return SOURCE_DATE_EPOCH, else the time of the last commit.  Raises Refused."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        asked = ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%ct"]
        told = subprocess.run(asked, capture_output=True, text=True)
        given = told.stdout.strip() if told.returncode == 0 else ""
    if not (given.isascii() and given.isdigit()):
        raise Refused("no time to date files with: set SOURCE_DATE_EPOCH, in seconds")
    return int(given)
