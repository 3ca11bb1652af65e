"""What is refused at once for want of rights: ours to the registry, the OS user's to read."""

from __future__ import annotations

import os

from pgx_base import as_user, reach
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.users import OsUser


def check_change(root: str) -> None:
    """Refuse a user who cannot change the registry at *root*.  Raises Failure.

    Else the kernel would say so, of some file, when half of the work is done.
    """
    there = root
    while not os.path.lexists(there) and there != "/":
        there = os.path.dirname(there)
    if os.geteuid() != 0 and not os.access(there, os.W_OK | os.X_OK):
        raise Failure(
            f"registry {quoted(root)} cannot be changed by this user",
            hint="Run the command as root.",
        )


def reasons_of(user: OsUser, root: str) -> list[Failure]:
    """Try as *user* what the scripts will read as that user: the programs, and *root*.

    Return what forbids it.  Raises Failure when it cannot be tried.
    """
    if user.uid == os.geteuid():
        return []
    places = reach.programs()
    program, registry = as_user.run(
        user, lambda: [reach.closed_program(places), reach.closed(root)]
    )
    found = []
    if program:
        found.append(reach.refused_programs(user.os_user, program))
    if registry:
        found.append(reach.refused_registry(root, user.os_user, registry))
    return found
