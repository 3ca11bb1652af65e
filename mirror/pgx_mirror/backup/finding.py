"""From a data directory to the server's configuration that it is in, and what is to be done."""

from __future__ import annotations

import os
import pwd

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup.task import Task
from pgx_mirror.conf import arbitration, network, private, server
from pgx_mirror.conf.load import load
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import directory_lock
from pgx_mirror.setup.unfinished import same

_ENDING = ".conf"
_OTHERS = (network.FILE, arbitration.FILE)


def settings_of(data: str, conf: str, mcdir: str) -> Settings:
    """Return the settings of the server whose data directory is *data*.

    By the file *conf* where one is named; else by the controller that works on it, and by
    the files in *mcdir*; each empty for none.  Raises Failure, Unsound.
    """
    path = os.path.abspath(conf) if conf else _path_of(data, mcdir)
    directory, name = os.path.split(path)
    settings = load(directory, name.removesuffix(_ENDING))
    if not same(settings.server.db_instance, data):
        raise Failure(
            f"configuration file {quoted(path)} is of another data directory",
            detail=f"Its db_instance is {quoted(settings.server.db_instance)}, and "
            f"{quoted(data)} is asked for.",
            hint="Correct -D or -c.",
        )
    return settings


def task_of(settings: Settings, data: str, generations: int) -> Task:
    """Return what is to be done by *settings*.  Raises Failure."""
    values, who = settings.server, pwd.getpwuid(os.geteuid())
    if not values.backup_destination:
        path = f"{settings.mcdir}/{settings.identifier}{_ENDING}"
        raise Failure(
            f"configuration file {quoted(path)} has no backup_destination",
            hint="Set it to an empty directory of mode 0700, the same path on both servers.",
        )
    return Task(
        settings.mcdir,
        settings.identifier,
        os.path.abspath(data),
        os.path.normpath(values.backup_destination),
        values.target_db,
        values.db_instance_username or who.pw_name,
        who.pw_dir,
        values.db_instance_password.encode(),
        values.bin_dir,
        generations,
    )


def _path_of(data: str, mcdir: str) -> str:
    """Return the path of the server's file.  Raises Failure."""
    if told := directory_lock.controller_of(data):
        return f"{os.path.abspath(told.mcdir)}/{told.server}{_ENDING}"
    if path := _named_in(os.path.abspath(mcdir), data) if mcdir else "":
        return path
    raise Failure(
        f"no configuration found for data directory {quoted(data)}",
        detail="No controller works on it"
        + (f", and no server in {quoted(mcdir)} has it." if mcdir else "."),
        hint="Give -c with the path of serverIdentifier.conf.",
    )


def _named_in(mcdir: str, data: str) -> str:
    """Return the path of the file in *mcdir* whose db_instance is *data*, empty for none."""
    try:
        names = sorted(os.listdir(mcdir))
    except OSError:
        return ""
    for name in names:
        path = f"{mcdir}/{name}"
        if name.endswith(_ENDING) and name not in _OTHERS and _is_of(path, data):
            return path
    return ""


def _is_of(path: str, data: str) -> bool:
    found, _ = private.read(path)
    values = server.read(found)[0] if found is not None else None
    return values is not None and same(values.db_instance, data)
