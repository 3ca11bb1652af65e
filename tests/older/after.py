"""What is there once our scripts have worked on what the older version has left.

It has the form in which that version had written it: an installation can be rolled back.
"""

from __future__ import annotations

import re

from fixtures.processes import gone
from tests.fix_resource import OFFLINE, ONLINE
from tests.older import monitor
from tests.older.installation import Older, boot_id, recorded


def nothing_is_left(older: Older, postmaster: int) -> None:
    """Check that nothing of it is left, as after its own Offline."""
    resource = older.resource
    assert gone(postmaster)
    older.has_ended()
    assert not older.beacon.exists()
    assert shape(older.entry.read_bytes()) == shape(recorded("entry.stopped"))
    words, was = older.words(), monitor.words_of(recorded("record.stopped"))
    assert words[monitor.STATE : monitor.REASON] == was[monitor.STATE :]
    assert [one.partition("\t")[0] for one in words[monitor.REASON :]] in ([], [""])
    assert words[monitor.BOOT] == boot_id()
    lock = (resource.work / "transition.lock").read_bytes()
    assert shape(lock) == shape(recorded("transition.lock.offline"))
    assert resource.check() == OFFLINE


def is_online_under_us(older: Older, before: int) -> None:
    """Check that a monitor of ours watches it, and not the one of *before*."""
    resource = older.resource
    record = resource.wait_for_record("online")
    assert resource.monitor() not in (None, before)
    older.has_ended()
    assert resource.check() == ONLINE
    data = (resource.work / "record").read_bytes()
    assert monitor.with_words(data, {}) == data
    assert shape(data) == shape(recorded("record.online"))
    head = older.entry.read_bytes().partition(b"\n")[0]
    assert head.split()[:2] == [b"%d" % record.postmaster, b"%d" % record.start]


def shape(data: bytes) -> bytes:
    """Return *data* without what is of one moment; its first word is the form's."""
    short = re.sub(rb"[0-9a-f]{8}-[0-9a-f-]{27}", b"BOOT", data.split(b"  ")[0])
    short = short.partition(b"\t")[0].rstrip()  # what is for people alone, since
    first, blank, rest = short.partition(b" ")
    rest = re.sub(rb"\b[0-9a-f]{16}\b", b"GENERATION", rest)
    return first + blank + re.sub(rb"\b\d+\b", b"NUMBER", rest)
