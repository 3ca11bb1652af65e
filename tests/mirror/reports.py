"""Any report that a controller may make, for property tests."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import strategies as st

from pgx_mirror.core import mark, report
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.report import Have, Report
from pgx_mirror.wire.words import ITEMS, TEXT

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_NUMBER = st.integers(0, 2**64)

MARKS = st.builds(
    Mark,
    owner=_TEXT,
    generation=_TEXT,
    system=_TEXT,
    epoch=_NUMBER,
    state=st.sampled_from(mark.STATES),
    pair=_NUMBER,
    peer_generation=_TEXT,
    policy=_TEXT,
    register=_TEXT,
    timeline=_NUMBER,
    inode=_NUMBER,
    directory=_NUMBER,
    since=_TEXT,
)
HAVES = st.builds(
    Have, challenge=_TEXT, generation=_TEXT, timeline=_NUMBER, flushed=_NUMBER
)
REPORTS = st.builds(
    Report,
    owner=st.just("server2"),
    incarnation=st.just("second"),
    heard=_TEXT,
    mark=st.none() | MARKS,
    standby=st.booleans(),
    server=st.sampled_from(
        [report.DOWN, report.STARTING, report.UP, report.STOPPING, report.UNSURE]
    ),
    names=st.sampled_from([report.NAMES_OUT, report.NAMES_BARRIER, report.NAMES_SET]),
    bears=_TEXT,
    granted=st.booleans(),
    joining=_TEXT,
    challenge=_TEXT,
    barrier=_NUMBER,
    real_name=_TEXT,
    have=st.none() | HAVES,
    unable=st.lists(_TEXT, max_size=ITEMS).map(tuple),
    receiver=st.none() | st.tuples(_TEXT, _NUMBER),
    position=_NUMBER,
    limits=st.lists(_NUMBER, max_size=ITEMS).map(tuple),
    database=_TEXT,
    disk=_TEXT,
    failover=st.booleans(),
    wish=_TEXT,
)


def longest() -> Report:
    """Return a report of the longest texts that are written at all, of what JSON escapes."""
    text = "\0" * (2 * TEXT)
    big = 2**64
    kept = Mark(text, text, text, big, mark.PAIR, big, text, text, text, big, big, big)
    found = Report(
        owner="server2",
        incarnation="second",
        mark=kept,
        have=Have(text, text, big, big),
        unable=(text,) * 100,
        receiver=(text, big),
        limits=(big,) * 100,
    )
    kept_words = ("owner", "incarnation", "server", "names")
    texts = {
        each.name: text
        for each in fields(found)
        if isinstance(getattr(found, each.name), str) and each.name not in kept_words
    }
    return replace(found, **texts)  # type: ignore[arg-type]
