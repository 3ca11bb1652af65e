"""A whole pair that is told something, and the files that are another meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.processes import wait_until
from tests.mirror.whole import PATIENCE, Whole


def until_told(pair: Whole, name: str, text: str) -> None:
    """Wait until status on *name* has *text*."""
    try:
        wait_until(lambda: text in pair.told(name), text, PATIENCE, 0.2)
    except TimeoutError as ex:
        ex.add_note(pair.told(name))
        raise


def until_traced(pair: Whole, name: str, text: str, since: int = 0) -> None:
    """Wait until *name*'s controller has written *text* behind its first *since* letters."""
    wait_until(lambda: text in pair.trace(name)[since:], text, PATIENCE, 0.2)


def again(pair: Whole, name: str) -> None:
    """Begin *name*'s controller anew, its instance running on."""
    pair.mc_ctl(name, "stop", "--mc-only")
    pair.mc_ctl(name, "start", "-w", "-f", "--mc-only")


@contextmanager
def other_text(path: Path, old: str, new: str) -> Iterator[None]:
    """Have *path* say *new* for *old* meanwhile."""
    text = path.read_text()
    assert old in text, (old, text)
    path.write_text(text.replace(old, new))
    try:
        yield
    finally:
        path.write_text(text)


@contextmanager
def other_bytes(path: Path, offset: int, value: bytes) -> Iterator[None]:
    """Have *path* say *value* at *offset* meanwhile."""
    was = path.read_bytes()
    path.write_bytes(was[:offset] + value + was[offset + len(value) :])
    try:
        yield
    finally:
        path.write_bytes(was)
