"""What a setup leaves behind, whichever way the data came: a standby of this server's."""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import standby_name
from pgx_mirror.core.mark import NEW, Mark
from pgx_mirror.core.report import NAMES_SET
from pgx_mirror.data import conf_file, conf_text, mark_file, steps
from pgx_mirror.setup import kept, limits
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Task, Teller


def finish(task: Task, told: Told, binaries: str, teller: Teller) -> None:
    """Make a standby of this server's of what was copied, durably.  Raises Failure."""
    restored = kept.restore(task.mcdir, task.server, task.data)
    if restored:
        teller.say("postgresql.conf is the one that this server had")
    settle(task, told, teller)
    if not restored:  # `own` has looked at no file of this server's
        limits.compare(task.data, binaries, told.limits, teller.warn)


def settle(task: Task, told: Told, teller: Teller) -> None:
    """Promise nothing with what is there, durably.  Raises Failure."""
    dir_fd = steps.open_directory(task.data)
    try:
        name = promise_nothing(task, told, dir_fd)
        teller.say(f"synchronous_standby_names is set to {quoted(name)}")
        for other in conf_file.elsewhere(dir_fd):
            teller.warn(
                Failure(
                    f"synchronous_standby_names is set in {other} too",
                    detail="What is set there counts more than postgresql.conf.",
                    hint="Remove it before mc_ctl start.",
                )
            )
    except conf_text.NoName as ex:
        raise Failure(f"could not set synchronous_standby_names: {ex}") from ex
    except OSError as ex:
        raise Failure(
            f"could not write into data directory {quoted(task.data)}: {ex.strerror}"
        ) from ex
    finally:
        os.close(dir_fd)


def promise_nothing(task: Task, told: Told, dir_fd: int) -> str:
    """Set the names, then mark the directory NEW; return the name.

    Promoted by hand from then on, it acknowledges nothing.  Raises NoName, OSError.
    """
    name = _set_names(task, dir_fd)
    mark = Mark(task.server, mark_file.new_generation(), told.system, 0, NEW)
    mark_file.write(dir_fd, mark)
    return name


def _set_names(task: Task, dir_fd: int) -> str:
    """Set the name that the other server bears as a standby (manual 6.4.2, step 4).

    It is the one that this server's own postgresql.conf has, else that server's identifier;
    what was copied from the primary names this server.
    """
    has = conf_file.read(dir_fd).name
    ours = has and not standby_name.same(has, task.source.name)
    return conf_file.write(dir_fd, NAMES_SET, "" if ours else task.peer).name
