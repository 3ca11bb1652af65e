"""Which registered resource an OCF instance is, kept under /run until it is stopped.

Pacemaker stops also what was removed from its configuration.  Of what it has started itself it
knows the parameters still; of what it has only found by a probe, as after an upgrade of its
own, it does not: that stop comes without `name`, and one that fails is fenced.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pgx_base import proc, report
from pgx_pclrsc import registry, runentry

INSTANCE = "OCF_RESOURCE_INSTANCE"
_PROGRAM = "pgx_ocf"
_LONGEST = 200  # bytes of a file's name, and of what is in it


def keep(environ: Mapping[str, str], name: str) -> None:
    """Note that the instance of *environ* is resource *name*.  Only root can."""
    path = _path(environ)
    if not path or os.geteuid() != 0 or _read(path) == name:
        return
    try:
        runentry.replace(path, f"{name} {proc.boot_id()}\n".encode())
    except OSError as ex:
        report.warn(
            _PROGRAM,
            f"could not note which resource this is: {ex.strerror}",
            hint="Look at /run; a stop for which the cluster manager gives no name needs it.",
        )


def kept(environ: Mapping[str, str]) -> str:
    """Return the resource that the instance of *environ* is known to be, "" for none."""
    path = _path(environ)
    return _read(path) if path else ""


def forget(environ: Mapping[str, str]) -> None:
    """Note that nothing of the instance is left."""
    if path := _path(environ):
        runentry.unlink(path)


def never_began(environ: Mapping[str, str], root: str, name: str) -> bool:
    """Whether the instance of *environ* was neither started nor found here in this boot.

    Where the registry's disk is not mounted nothing else can be seen, and the stop that
    follows a refused start would be fenced.  *name*: nobody has started it by hand either.
    """
    path = _path(environ)
    return (
        bool(path)
        and os.geteuid() == 0  # others keep no note
        and root.startswith("/")
        and not os.path.lexists(path)
        and not os.path.lexists(registry.run_path(root, name))
    )


def _path(environ: Mapping[str, str]) -> str:
    """Return where the note is, "" for an instance that has none."""
    instance = environ.get(INSTANCE, "")
    escaped = instance.replace("%", "%25").replace("/", "%2F")
    if not instance or len(os.fsencode(escaped)) > _LONGEST:
        return ""
    return f"{registry.RUN_DIRECTORY}/ocf.{escaped}"


def _read(path: str) -> str:
    words = (runentry.read_text(path) or "").split()
    if len(words) != 2 or words[1] != proc.boot_id():
        return ""
    return words[0] if registry.is_name(words[0]) else ""
