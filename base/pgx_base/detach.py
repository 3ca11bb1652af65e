"""Leaving the caller: a session of its own, no terminal, none of its descriptors.

The only module that imports python-daemon.  RMS reads a script's output to its end, so
nothing of it may stay open here.
"""

from __future__ import annotations

from collections.abc import Iterable

import daemon
from daemon import daemon as implementation


def _no_name(uid: int) -> str:
    raise KeyError(uid)


def detach(keep: Iterable[int]) -> None:
    """Become a daemon that keeps the descriptors in *keep* and no other.

    detach_process is said outright, since python-daemon does not detach under PID 1 or
    with a socket for stdin.  Descriptors 0 to 2 must be open: it fails without them.
    """
    # It asks for the user's name, only to leave it unused; a hanging LDAP would hang us.
    implementation.get_username_for_uid = _no_name
    daemon.DaemonContext(
        detach_process=True,
        umask=0o077,
        working_directory="/",
        files_preserve=list(keep),
        signal_map={},
        prevent_core=True,  # a core dump could hold a password
    ).open()
