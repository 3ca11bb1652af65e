"""Where a backup destination has what: paths alone, nothing is touched.  Pure.

DIR/archived_wal/              what the archive command has put there
DIR/backup/NAME/               a backup; NAME is when it was begun, and whose it is
DIR/backup/NAME/pgx_backup.json    its label: without one it is no backup
DIR/backup/NAME/base/          the data directory, pg_basebackup's manifest in it
DIR/backup/NAME/tablespace/OID/    a tablespace, to which base/pg_tblspc/OID leads
DIR/backup/.NAME.new/          a backup that is being made
DIR/backup/.NAME.old/          one that is being removed
DIR/backup.lock                held by the one pgx_dmpall or restore at work
"""

from __future__ import annotations

import re

ARCHIVE, OLD_ARCHIVE = "archived_wal", "archived_xlog"
BACKUPS, LOCK = "backup", "backup.lock"
LABEL, BASE, SPACES = "pgx_backup.json", "base", "tablespace"
NEW, OLD = ".new", ".old"
MODE = 0o700  # of each directory: the instance administrator's alone
_NAME = re.compile(r"(\d{8}T\d{6}Z)_([!-.0-~]+)")


def name_of(began: str, server: str) -> str:
    """Return the name of *server*'s backup that was begun at *began*, 20261129T210308Z."""
    return f"{began}_{server}"


def server_of(name: str) -> str:
    """Return whose backup *name* is, empty for what is the name of none."""
    found = _NAME.fullmatch(name)
    return found[2] if found else ""


def backups(destination: str) -> str:
    """Return the directory of all backups."""
    return f"{destination}/{BACKUPS}"


def backup(destination: str, name: str) -> str:
    """Return the directory of backup *name*."""
    return f"{destination}/{BACKUPS}/{name}"


def base(backup_directory: str) -> str:
    """Return the data directory in a backup's own directory."""
    return f"{backup_directory}/{BASE}"


def space(backup_directory: str, oid: str) -> str:
    """Return the directory of tablespace *oid* in a backup's own directory."""
    return f"{backup_directory}/{SPACES}/{oid}"


def link(oid: str) -> str:
    """Return what base/pg_tblspc/OID leads to: a copy of the destination is as good."""
    return f"../../{SPACES}/{oid}"


def archive(destination: str) -> str:
    """Return the directory that the archive command writes to."""
    return f"{destination}/{ARCHIVE}"


def archives(destination: str) -> tuple[str, str]:
    """Return the directories that may have archived files, the older name last."""
    return archive(destination), f"{destination}/{OLD_ARCHIVE}"


def unfinished(name: str) -> str:
    """Return what backup *name* is called while it is made."""
    return f".{name}{NEW}"


def removed(name: str) -> str:
    """Return what backup *name* is called while it is removed."""
    return f".{name}{OLD}"


def meant(entry: str) -> str:
    """Return the backup that *entry*, one that is being made or removed, is of; "" for none."""
    for ending in (NEW, OLD):
        name = entry.removeprefix(".").removesuffix(ending)
        if entry == f".{name}{ending}" and server_of(name):
            return name
    return ""
