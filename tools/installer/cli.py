"""The command line of a bundle's `install`, and of the `uninstall` of what it has installed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_base.version import VERSION
from tools import commands
from tools.installer import installing, ocf, removing
from tools.installer.contents import Contents

PREFIX = "/opt/pgx_pclrsc"
HELP = f"""\
Installs pgx-primecluster {VERSION}; an installation that is there goes on running meanwhile.

Usage:
  install [--downgrade] [PREFIX]
  install --uninstall [PREFIX]

PREFIX is an absolute path (default: {PREFIX}).

Options:
  --downgrade               over a newer version too
  --uninstall               remove what is installed in PREFIX; the registry stays
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

The environment variable PYTHON names the interpreter (default: one from 3.11 on that every
user can run).  OCF_ROOT names the directory of OCF resource agents (default: {ocf.ROOT}),
for whose cluster manager a link is put there; an empty one: no link.
"""
_OPTIONS = ("--downgrade", "--uninstall", "--check")
_HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(bundle: Path) -> None:
    """Do what the command line asks for with what is in *bundle*, and exit."""
    given = sys.argv[1:]
    if {"--help", "-?"} & set(given):
        print(HELP, end="")
    elif {"--version", "-V"} & set(given):
        print(f"install (pgx-primecluster) {VERSION}")
    else:
        ended("install", lambda heeded: _act(bundle, given, heeded))
    sys.exit(0)


def _act(bundle: Path, given: list[str], heeded: Heeded) -> None:
    flags = {word for word in given if word.startswith("-")}
    places = [word for word in given if not word.startswith("-")] or [PREFIX]
    if odd := sorted(flags - set(_OPTIONS)):
        raise Failure(
            f"option {quoted(odd[0])} is not known", hint="Try install --help."
        )
    if len(places) > 1 or (len(flags) > 1 and "--uninstall" in flags):
        raise Failure("too much on the command line", hint="Try install --help.")
    prefix = Path(places[0])
    downgrade = "--downgrade" in flags
    if "--uninstall" in flags:
        return _remove(prefix, heeded)
    if "--check" in flags:  # whether PREFIX will do: what `make install` asks first
        return installing.check_place(prefix, downgrade=downgrade)
    python = commands.base_interpreter()
    print(
        f"installing {VERSION} in {prefix} with {python}; that takes a few seconds",
        flush=True,
    )
    print(installing.install(Contents(bundle), prefix, heeded, downgrade=downgrade))
    return print(
        f"installed in {prefix}: put {prefix}/bin on root's PATH, for a pair on that of "
        "postgres, or name the commands in full"
    )


def _remove(prefix: Path, heeded: Heeded) -> None:
    removing.remove(prefix, heeded)
    print(
        f"removed what was installed in {prefix}; the registry and the work directories stay"
    )


def uninstall_here(program: str) -> None:
    """Remove the installation that *program* is part of, and exit."""
    prefix = Path(os.path.realpath(program)).parents[2]
    ended("uninstall", lambda heeded: _remove(prefix, heeded))


def ended(name: str, act: Callable[[Heeded], None]) -> None:
    """Do *act* and exit: with 1, and the reason as a message of *name*, where it fails.

    A signal ends it where *act* says that one may, and nowhere else: at every other instant
    something would be half done, or done and told as interrupted.
    """
    os.umask(0o022)  # whatever the caller's: other users run what is installed
    heeded = Heeded(_HEEDED, KeyboardInterrupt)
    try:
        act(heeded)
    except Failure as ex:
        problem = ex
    except KeyboardInterrupt:
        problem = Failure("interrupted", hint="Begin it again.")
    except OSError as ex:
        where = f" {quoted(str(ex.filename))}" if ex.filename else ""
        problem = Failure(f"could not write{where}: {ex.strerror}")
    else:
        sys.exit(0)
    report.to_stderr("\n".join(report.lines(name, "error", problem)))
    sys.exit(1)
