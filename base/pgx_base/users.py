"""Who the OS user is, and becoming that user.

Users and groups are asked for once, by `pgx_pclrsc -a`, and kept in the definition:
a directory service that hangs must not hold up a switch.
"""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.light.typing import Protocol
from pgx_base.text import quoted


class Account(Protocol):
    """Whom a process can become: an OsUser, or who was one when he was written down."""

    @property
    def os_user(self) -> str:
        """The name."""

    @property
    def uid(self) -> int:
        """The user's id."""

    @property
    def gid(self) -> int:
        """The group's id."""

    @property
    def groups(self) -> tuple[int, ...]:
        """The ids of all groups."""


@dataclass(frozen=True, slots=True)
class OsUser:
    """An OS user as the system's user database has it now."""

    os_user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    shell: str


def look_up(name: str) -> OsUser:
    """Return OS user *name*.  Raises Failure when there is none, or when it is root."""
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError) as ex:  # ValueError: a NUL or a lone surrogate
        raise Failure(f"OS user {quoted(name)} does not exist") from ex
    if entry.pw_uid == 0:
        raise Failure(
            f"OS user {quoted(name)} is root",
            detail="PostgreSQL refuses to run as root.",
            hint="Give the instance administrator with -u.",
        )
    groups = os.getgrouplist(name, entry.pw_gid)
    return OsUser(
        name,
        entry.pw_uid,
        entry.pw_gid,
        tuple(sorted(groups)),
        entry.pw_dir,
        entry.pw_shell,
    )


def may_become(user: Account) -> bool:
    """Whether this process can become *user*: root can, and the user is already."""
    return os.geteuid() in (0, user.uid)


def become(user: Account) -> None:
    """Give up root for *user*, for ever, and prove it.  Raises Failure.

    A process that is the user already stays as it is.
    """
    if os.geteuid() == 0:
        _drop(user)
    if os.getresuid() != (user.uid,) * 3:
        raise Failure(f"could not become OS user {quoted(user.os_user)}")


def _drop(user: Account) -> None:
    try:
        os.setgroups(user.groups)
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)
    except OSError as ex:
        raise Failure(
            f"could not become OS user {quoted(user.os_user)}: {ex.strerror}"
        ) from ex
    if _can_be_root_again():
        raise Failure(f"could not give up root for OS user {quoted(user.os_user)}")


def _can_be_root_again() -> bool:
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True
