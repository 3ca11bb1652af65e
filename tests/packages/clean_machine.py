"""A Debian that has never met this project: a root of its own, and no network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from fixtures import binaries
from fixtures.bed.node import Node
from fixtures.bed.run import run
from fixtures.needs import missing

PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C"}
# Where pgx_pclrsc finds it by itself.
_POSTGRES = "usr/local/pgsql"
_BOOTSTRAP_LIMIT = 600.0  # seconds; it fetches some 60 MB
POSTGRES_UID = 26


def why_not() -> str:
    """Return why there can be none here, "" where there can."""
    if os.geteuid() != 0:
        return "needs to be root"
    return missing("debootstrap", "dpkg-deb", "unshare", "nsenter", "mount", "ip")


def bootstrap(root: Path) -> None:
    """Make a minimal Debian of this machine's release, with python3.  Raises BedError."""
    run(
        *("debootstrap", "--variant=minbase", "--include=python3"),
        *(_release(), str(root)),
        limit=_BOOTSTRAP_LIMIT,
    )
    shutil.rmtree(
        root / "var/cache/apt"
    )  # three quarters of it are what it was made of


def _release() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    named = dict(line.partition("=")[::2] for line in lines)
    return named["VERSION_CODENAME"].strip('"')


def ended(argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run *argv* to its end."""
    return subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        cwd="/",
    )


class CleanMachine:
    """A machine whose files are those below *root*; *home* is for what it is made with."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        home.mkdir()
        self.node = Node("clean", home, POSTGRES_UID)

    def boot(self) -> None:
        """Start it: /proc, /run and /dev/shm are its own, and there is no network."""
        self.node.boot()
        for place in ("proc", "run", "dev/shm"):
            below = self.root / place
            below.mkdir(exist_ok=True)
            self._mount(f"/{place}", below)

    def end(self) -> bool:
        """End everything in it, and say whether nothing is left."""
        return self.node.end()

    def give_postgres(self) -> None:
        """Let it have a PostgreSQL and the user that runs it."""
        (embedded,) = binaries.embedded()
        site = embedded.parents[2]  # its libraries lie beside the package
        there = self.root / _POSTGRES
        there.with_name("site").mkdir(parents=True)
        self._mount(str(site), there.with_name("site"))
        there.symlink_to(Path("site", embedded.parent.relative_to(site)))
        uid = f"--uid={POSTGRES_UID}"
        self.good("useradd", uid, "--create-home", "--shell=/bin/sh", "postgres")

    def outside(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the host's among its processes."""
        return ended(self.node.argv(argv))

    def _mount(self, what: str, where: Path) -> None:
        done = self.outside("mount", "--rbind", what, str(where))
        assert done.returncode == 0, done.stderr

    def argv(self, *argv: str, user: str = "") -> list[str]:
        """Return what runs a program of its own, as root or as *user*."""
        plain = [f"{name}={value}" for name, value in PLAIN.items()]
        inside = ["chroot", *([f"--userspec={user}"] if user else []), str(self.root)]
        return self.node.argv([*inside, "/usr/bin/env", "-i", *plain, *argv])

    def run(self, *argv: str, user: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program of its own to its end, as root or as *user*."""
        return ended(self.argv(*argv, user=user))

    def good(self, *argv: str, user: str = "") -> str:
        """Run what must exit 0, and return what it has printed."""
        done = self.run(*argv, user=user)
        assert done.returncode == 0, (argv, done.stdout, done.stderr)
        return done.stdout

    def take(self, file: Path) -> str:
        """Copy *file* onto it, and return its path there."""
        shutil.copy(file, self.root / "root" / file.name)
        return f"/root/{file.name}"
