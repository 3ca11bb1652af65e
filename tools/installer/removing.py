"""Removing an installation: what is ours under PREFIX, and nothing that was made with it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from tools.installer import installing, layout, ocf, running

_SHOWN = 5


def remove(prefix: Path, heeded: Heeded, *, packaged: bool = False) -> None:
    """Remove what is installed in *prefix*.  Raises Failure, OSError.

    Refused while something runs from there.  The registry and the work directories stay.
    *packaged*: it is the package that asks for it.
    """
    if (prefix / layout.PACKAGE).exists() and not packaged:
        raise Failure(
            f"a package has installed what is in {quoted(str(prefix))}",
            hint="Remove that: dpkg --remove pgx-primecluster, or rpm -e pgx-primecluster.",
        )
    if not layout.present(prefix):
        raise Failure(f"nothing is installed in {quoted(str(prefix))}")
    if not os.access(layout.versions(prefix), os.W_OK | os.X_OK):
        raise Failure(
            f"could not remove what is in {quoted(str(prefix))}: you may not write there",
            hint="Remove it as the user who has installed it.",
        )
    with installing.locked(prefix, heeded):
        _check_idle(prefix)
        names = list(layout.links(prefix))
        ocf.withdraw(prefix)
        for name in names:
            (prefix / name).unlink()
        layout.current(prefix).unlink(missing_ok=True)
        for version in layout.present(prefix):
            shutil.rmtree(version)
    _remove_empty(prefix, names)


def _check_idle(prefix: Path) -> None:
    if found := running.processes(prefix):
        several = [f"{os.path.basename(word)} {pid}" for pid, word in found.items()]
        more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
        raise Failure(
            f"programs run that are installed in {quoted(str(prefix))}",
            detail=f"Processes: {', '.join(several[:_SHOWN])}{more}.",
            hint="Take the resources Offline and stop RMS on this node, or stop the pair's "
            "controller (mc_ctl stop) or arbiter (mc_arb stop), then try again.",
        )


def _remove_empty(prefix: Path, names: list[str]) -> None:
    """Remove the directories that had nothing else in them."""
    folders = {parent for name in names for parent in (prefix / name).parents}
    folders = {one for one in folders if one.is_relative_to(prefix)}
    folders |= {layout.versions(prefix), prefix}
    for path in sorted(folders, key=lambda one: -len(one.parts)):
        with suppress(OSError):  # there is something else in it
            path.rmdir()
