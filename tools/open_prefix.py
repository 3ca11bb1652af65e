"""Can other users get at PREFIX?  `open_prefix.py PREFIX`: exit 0, or the reason and exit 1.

As root, servers and monitors run as another user: `nobody` is tried.  Run by the
interpreter that the environment is made with, before anything is there.
"""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "base"))
sys.dont_write_bytecode = True

from pgx_base import reach  # noqa: E402


def closed_to_nobody(path: str) -> str:
    """Return the first directory on the way to *path* that `nobody` cannot enter, or ""."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        os.write(writer, os.fsencode(reach.closed(path)))
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        said = os.fsdecode(pipe.read())
    if os.waitstatus_to_exitcode(os.wait()[1]):
        sys.exit("install: error: could not try PREFIX as the user nobody")
    return said


def main() -> None:
    """Look as `nobody`; an ordinary user's installation serves that user alone."""
    prefix = sys.argv[1]
    if os.geteuid() == 0 and (closed := closed_to_nobody(os.path.realpath(prefix))):
        sys.exit(
            f'install: error: other users cannot run what is in "{prefix}": '
            f'"{closed}" is closed to them\n'
            "install: hint: Open that directory, or choose another PREFIX."
        )


if __name__ == "__main__":
    main()
