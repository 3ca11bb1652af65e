"""generate-service: what starts this server, or the arbiter, with the operating system.  Ours."""

from __future__ import annotations

import grp
import os
import pwd
import sys

from pgx_base import report
from pgx_base.failure import Failure
from pgx_mirror.command import boot_files
from pgx_mirror.command.acting import check_policy
from pgx_mirror.command.boot_files import Boot
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded
from pgx_mirror.conf.hosts import same_host
from pgx_mirror.conf.load import load_arbiter

# Asked now: a relative path is found from the directory of the call alone.
_PROGRAMS = os.path.dirname(os.path.realpath(sys.argv[0]))


def show(asked: Request) -> int:
    """Print a unit, or a script, and return the exit code.  Raises Failure, Unsound."""
    settings = loaded(asked)
    if "-f" in asked.flags:
        check_policy(settings, "start -f")
    flags = tuple(flag for flag in ("-f", "-F") if flag in asked.flags)
    data = os.path.abspath(settings.server.db_instance)
    server = settings.identifier
    one_host = len({same_host(one.admin.host) for one in settings.network.servers}) == 1
    boot = Boot(_installdir(), settings.mcdir, data, server, *_names(), flags, one_host)
    made = boot_files.rc_script if "--rc" in asked.flags else boot_files.unit
    report.to_stdout(made(boot))
    return 0


def show_arbiter(mcdir: str) -> int:
    """Print a unit for mc_arb, and return the exit code.  Raises Failure, Unsound."""
    settings = load_arbiter(mcdir)
    arbiter = settings.local.identifier
    boot = Boot(_installdir(), settings.mcdir, "", arbiter, *_names())
    report.to_stdout(boot_files.arbiter_unit(boot))
    return 0


def _installdir() -> str:
    """Return where we are installed, whatever version of it this is: a unit outlives it."""
    version, program = os.path.dirname(_PROGRAMS), os.path.basename(sys.argv[0])
    prefix = os.path.dirname(os.path.dirname(version))
    linked = os.path.realpath(os.path.join(prefix, "bin", program))
    return prefix if linked == os.path.join(_PROGRAMS, program) else version


def _names() -> tuple[str, str]:
    """Return user and group of whoever runs this: whose server or arbiter it is."""
    try:
        who = pwd.getpwuid(os.geteuid())
        return who.pw_name, grp.getgrgid(who.pw_gid).gr_name
    except KeyError as ex:
        raise Failure(
            "the user who runs this, or the group, has no name on this host",
            detail=f"User or group: {ex.args[0]}.",
        ) from ex
