"""mc_ctl secret: the file that is copied with network.conf to the other hosts.  Ours."""

from __future__ import annotations

from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import mcdir_of
from pgx_mirror.command.telling import done
from pgx_mirror.conf import secret
from pgx_mirror.conf.place import directory_problems
from pgx_mirror.conf.problem import Unsound, errors


def write(asked: Request) -> int:
    """Write it, and return the exit code.  Raises Failure, Unsound."""
    mcdir = mcdir_of(asked)
    if problems := errors(directory_problems(mcdir)):
        raise Unsound(problems)
    path = secret.create(mcdir)
    done(
        f'secret "{path}" written: copy it, with network.conf, to the other server'
        " and to the arbiter's host"
    )
    return 0
