"""A version's directory: its environment, its commands, what it has for PREFIX/share."""

from __future__ import annotations

import compileall
import os
import pwd
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.version import VERSION
from tools import commands
from tools.installer import layout
from tools.installer.contents import Contents
from tools.installer.unpacking import unpack

# What nobody types says no version.
_NOT_TYPED = ("pgx_monitor", "mc_main")
# What each of the other projects' packages is imported as.
_IMPORTS = (
    "import psycopg, psutil, daemon, pexpect, urllib3; "
    "assert psycopg.pq.__impl__ == 'binary'"
)
UNINSTALL = "uninstall"


def new(prefix: Path) -> Path:
    """Make the directory of a version to come, and return it.  Raises OSError."""
    versions = layout.versions(prefix)
    path = Path(tempfile.mkdtemp(prefix=f"{VERSION}-", dir=versions))
    path.chmod(0o755)
    return path


def fill(
    version: Path, contents: Contents, wheels: list[str], *, compiled: bool = True
) -> None:
    """Put everything into *version*, and compile it.  Raises Failure, OSError."""
    environment = version / "venv"
    venv.EnvBuilder(symlinks=True, with_pip=False).create(environment)
    site = commands.site_packages(environment)
    for wheel in wheels:
        unpack(wheel, contents.read(f"wheels/{wheel}"), site)
    if compiled:
        compileall.compile_dir(site, quiet=2)
    _write_commands(version, environment)
    for name in contents.below("share"):
        _copy(contents, f"share/{name}", version / "share" / name)
    for name in contents.below("tools"):
        _copy(contents, f"tools/{name}", version / "tools" / name)
    samples = site / "pgx_mirror" / "share"  # the manual's place for samples (6.3.1)
    shutil.copytree(samples, version / "share", dirs_exist_ok=True)
    (version / layout.VERSION_FILE).write_text(f"{VERSION}\n")
    sync(version)


def _write_commands(version: Path, environment: Path) -> None:
    site = str(commands.site_packages(environment))
    try:
        commands.write_commands(environment, version / "bin", [site])
    except commands.Refused as ex:
        raise Failure(str(ex), hint="Choose a path without quotes.") from ex
    text = (
        commands.first_lines(commands.base_interpreter())
        + f"import sys\nsys.path[:0] = {[site, str(version)]!a}\n"
        + "from tools.installer.cli import uninstall_here\nuninstall_here(__file__)\n"
    )
    commands.write(version / UNINSTALL, text, 0o755)


def _copy(contents: Contents, name: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents.read(name))


def sync(directory: Path) -> None:
    """Have it on the disk before a link names it; of no other file system's disk."""
    try:
        subprocess.run(["sync", "-f", directory], check=False)
    except OSError:
        pass  # what is lost with the node is installed again


def try_out(version: Path) -> None:
    """Run the commands of *version* as those who will run them.  Raises Failure."""
    site = commands.site_packages(version / "venv")
    typed = [name for name in commands.COMMANDS if name not in _NOT_TYPED]
    tried: list[list[str]] = [
        [str(version / "bin" / name), "--version"] for name in typed
    ]
    code = f"import sys; sys.path.append({str(site)!a}); {_IMPORTS}"
    tried.append([commands.base_interpreter(), "-IS", "-c", code])
    for words in tried:
        done = _as_others(words)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["It said nothing."])[-1]
            raise Failure(
                f"the installed program does not run here: {quoted(os.path.basename(words[0]))}",
                detail=f"Exit code {done.returncode}: {said}",
            )


def _as_others(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run *words* as an OS user without rights, where we are root."""
    user, group, groups = None, None, None
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user, group, groups = nobody.pw_uid, nobody.pw_gid, list[int]()
    return subprocess.run(
        words,
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        user=user,
        group=group,
        extra_groups=groups,
    )
