"""Whether what a backup leaves open is archived where pgx_rcvall looks for it.  Pure.

Manual 6.3.2, B.1 and B.2: archive_mode, archive_command.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.checks.finding import Finding
from pgx_mirror.checks.table import Values

_ARCHIVES = ("archived_wal", "archived_xlog")  # by the manual's older name too
# By its whole path: after a boot the server's PATH does not have it.
_PROGRAM = "INSTALLDIR/bin/pgx_walcopy.cmd"
_WHY = "pgx_rcvall then restores a backup alone: what was committed since is not in it."


def judge(values: Values, destination: str, whose: str) -> Iterator[Finding]:
    """Yield that the log is not archived into *destination*, empty for no backups.

    *values*: what SHOW says; *whose*: "this server", say.
    """
    if not destination or not {"archive_mode", "archive_command"} <= set(values):
        return
    wanted = f'archive_command = \'{_PROGRAM} "%p" "{destination}/{_ARCHIVES[0]}/%f"\''
    if values["archive_mode"] == "off":
        failure = Failure(
            f"archive_mode of {whose} is off, and there is a backup_destination",
            detail=_WHY,
            hint=f"Set archive_mode = on and {wanted}, and restart.",
        )
        yield Finding(failure)
    elif not _names(values["archive_command"], destination):
        failure = Failure(
            f"archive_command of {whose} does not name {quoted(destination)}",
            detail=_WHY,
            hint=f"Set {wanted}, and reload.",
        )
        yield Finding(failure)


def _names(command: str, destination: str) -> bool:
    return any(f"{destination}/{name}/" in command for name in _ARCHIVES)
