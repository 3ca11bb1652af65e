"""What is left in the record of when its state came to be, for `pgx_pclrsc --status`."""

from __future__ import annotations

from pgx_base import proc
from pgx_base.light.dataclasses import replace
from pgx_base.version import VERSION
from pgx_pclrsc.core import more

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pgx_pclrsc.record import Record


def noted(script: str, mode: str) -> str:
    """Return what a record is to say besides: that *script* has changed the state just now."""
    now = proc.monotonic_ms()
    return more.encode(more.More(VERSION, since=now, script=script, mode=mode, at=now))


def changed(kept: Record) -> None:
    """Note in *kept* that its state came to be just now."""
    before = more.decode(kept.more) or more.More()
    after = replace(before, version=VERSION, since=proc.monotonic_ms())
    kept.more = more.encode(after)
