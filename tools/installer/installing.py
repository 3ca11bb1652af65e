"""An installation: all that can be refused is refused first, and what counts is changed last."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_base.version import VERSION
from tools.installer import (
    here,
    layout,
    making,
    ocf,
    place,
    running,
    switching,
    tags,
)
from tools.installer.contents import Contents

PATIENCE, _PAUSE = 300.0, 0.1  # seconds; an installation takes some


def install(
    contents: Contents, prefix: Path, heeded: Heeded, *, downgrade: bool = False
) -> str:
    """Install what is in *contents* under *prefix*, over what may run from there.

    Return what is to be said of the cluster manager's link.  Raises Failure, OSError, and
    what *heeded* raises; nothing is changed then.
    """
    contents.check()
    wheels = _wheels(contents)
    check_place(prefix, downgrade=downgrade)
    with _made(prefix), locked(prefix, heeded):
        _check_newer(prefix, downgrade=downgrade)  # another one may just have ended
        before = layout.counts(prefix)
        version = making.new(prefix)
        try:
            with heeded.ending():
                making.fill(version, contents, wheels)
                making.try_out(version)
            older = before is None and from_before_links(prefix)
            switching.check_free(prefix, layout.shown(version), older=older)
            manager = ocf.decided(prefix, os.environ)
            ocf.put(prefix, manager.link)
            switching.let_count(prefix, version)
        except BaseException:
            if layout.counts(prefix) != version:
                shutil.rmtree(version, ignore_errors=True)
            if layout.counts(prefix) is None:
                ocf.withdraw(prefix)
            raise
        remove_unused(prefix, keep={version, before} if before else {version})
    return manager.said


def check_place(prefix: Path, *, downgrade: bool) -> None:
    """Refuse a PREFIX that will not do, or has a newer version.  Raises Failure."""
    place.check(str(prefix))
    _check_newer(prefix, downgrade=downgrade)
    ocf.decided(prefix, os.environ)


def _wheels(contents: Contents) -> list[str]:
    interpreter = here.interpreter()
    found, missing = tags.chosen(contents.below("wheels"), interpreter)
    if missing or not found:
        raise Failure(
            f"this bundle is not for {interpreter}",
            detail=f"It has no wheel for that of: {', '.join(missing) or 'anything'}.",
            hint="Name another interpreter, as in PYTHON=/usr/bin/python3.12 ./install, "
            "or take the bundle for this machine.",
        )
    return found


def _check_newer(prefix: Path, *, downgrade: bool) -> None:
    there = layout.counts(prefix)
    found = layout.named(there) if there else ""
    if not downgrade and _number(found) > _number(VERSION):
        raise Failure(
            f"a newer version is installed in {quoted(str(prefix))}: {found}",
            detail=f"This one is {VERSION}, and may not read what that has written.",
            hint="To go back all the same, take the option --downgrade.",
        )


def _number(version: str) -> list[int]:
    return [int(word) for word in version.split(".") if word.isdigit()]


def from_before_links(prefix: Path) -> bool:
    """Whether the commands there are stubs themselves, as they once were."""
    try:
        text = (prefix / "bin" / "pgx_check").read_text()
    except (OSError, UnicodeDecodeError):
        return False
    return f"'{layout.versions(prefix)}/" in text


@contextmanager
def _made(prefix: Path) -> Iterator[None]:
    """Make what is missing of *prefix*, and take it back where the installation fails."""
    made = place.make(layout.versions(prefix))
    try:
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):  # somebody has put something into it
                path.rmdir()
        raise


@contextmanager
def locked(prefix: Path, heeded: Heeded) -> Iterator[None]:
    """Be the only one who changes *prefix*; a wait for that is ended by what is *heeded*.

    Raises Failure, OSError.
    """
    fd = os.open(layout.versions(prefix), os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another installation in {prefix}", flush=True)
            with heeded.ending():
                _wait(fd, prefix)
        if not os.path.samestat(os.fstat(fd), os.stat(layout.versions(prefix))):
            raise Failure(
                f"{quoted(str(prefix))} was removed meanwhile", hint="Begin it again."
            )
        yield
    finally:
        os.close(fd)


def _wait(fd: int, prefix: Path) -> None:
    """Wait for the lock, but not for ever: whoever can read a directory can lock it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
    raise Failure(
        f"could not lock {quoted(str(layout.versions(prefix)))}",
        detail=f"Somebody has had it locked for {PATIENCE:g} s.",
        hint=f"fuser -v {layout.versions(prefix)} shows who has it open.",
    )


def remove_unused(prefix: Path, keep: set[Path]) -> None:
    """Remove the versions that nothing runs from, but those to *keep*."""
    used = running.versions_in_use(prefix)
    for version in layout.present(prefix):
        if version not in used | keep:
            shutil.rmtree(version, ignore_errors=True)
