"""A pair whose settings do not suit it runs on, and says so: at its start, and in the log once."""

from __future__ import annotations

import pytest

from fixtures.processes import wait_until
from tests.fix_mcdir import Result
from tests.mirror.whole import Whole

pytestmark = pytest.mark.one_postgres
LATER = "host replication all 192.0.2.0/24 trust\n"


def looked_at(pair: Whole, name: str) -> tuple[Result, int]:
    """Start *name*, and return what was said, and how long its trace was before.

    A look at the settings has 5 s: where it was too late, nothing is known for a minute,
    and *name* is started anew.
    """
    for attempt in range(3):
        if attempt:
            pair.mc_ctl(name, "stop")
        since = len(pair.trace(name))
        started = pair.start(name)
        if "warning: full_page_writes" in started.stderr:
            break
    return started, since


def test_a_start_tells_what_is_wrong_and_the_pair_goes_on(mirrored: Whole) -> None:
    other = mirrored.standby()
    mirrored.mc_ctl(other, "stop")
    mirrored.servers[other].configure(full_page_writes="off")
    hba = mirrored.data(other) / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"local all all trust\nhost all all 127.0.0.1/32 trust\n{LATER}")

    started, since = looked_at(mirrored, other)

    try:
        assert started.returncode == 0, started.stderr
        for text in (
            "full_page_writes of this server is off",
            "pg_hba.conf, line 3, of this server trusts for replication",
            "pg_hba.conf of this server has no line for replication from 127.0.0.1",
        ):
            assert f"warning: {text}" in started.stderr
            once = f"as a pair needs it: {text}"
            wait_until(lambda: once in mirrored.trace(other)[since:], text)  # noqa: B023
        mirrored.settles()
        told = mirrored.trace(other)[since:]
        assert told.count("as a pair needs it: full_page_writes") == 1
    finally:
        hba.write_text(before)
        mirrored.reload(other)
