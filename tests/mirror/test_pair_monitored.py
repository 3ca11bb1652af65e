"""What monitoring is told of a real pair: lag, silence and the arbiter, from both servers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fixtures.pair.place import ARBITER, OTHER, A, B
from fixtures.processes import wait_until
from tests.exposition import Samples, read
from tests.mirror.test_status_prometheus import holding, value
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def gauges(pair: Whole, name: str) -> Samples:
    done = pair.mc_ctl(name, "status", "--output=prometheus", check=False)
    return read(done.stdout)[1]


def lag(pair: Whole, name: str, what: str) -> float:
    """Return the lag that *name* tells, -1 where it tells none."""
    standby = {"server_id": pair.standby()}
    found = value(gauges(pair, name), f"standby_{what}_lag_bytes", **standby)
    return -1 if found is None else found


def test_both_servers_tell_of_a_pair_that_is_well(mirrored: Whole) -> None:
    for name in (A, B):
        found = gauges(mirrored, name)

        assert value(found, "controller_up", server_id=name) == 1
        assert value(found, "switchable") == 1
        silence = value(found, "peer_silence_seconds", server_id=OTHER[name])
        assert silence is not None and silence < PATIENCE
        for server in (A, B):
            assert value(found, "arbiter_answers", server_id=server) == 1
            assert value(found, "epoch", server_id=server) == mirrored.epoch()
        assert lag(mirrored, name, "flush") >= 0
        assert lag(mirrored, name, "replay") >= 0


def test_a_standby_that_does_not_replay_falls_behind_on_both(mirrored: Whole) -> None:
    standby = mirrored.standby()
    mirrored.asks(standby, "select pg_wal_replay_pause()")
    before = max(lag(mirrored, name, "replay") for name in (A, B))
    load = "create table behind as select generate_series(1, 20000)"
    mirrored.asks(mirrored.primary(), load)

    for name in (A, B):
        wait_until(
            lambda name=name: lag(mirrored, name, "replay") > before + 200_000,  # type: ignore[misc]
            f"{name} tells of it",
            PATIENCE,
        )
        assert lag(mirrored, name, "flush") < 200_000
    mirrored.asks(standby, "select pg_wal_replay_resume()")
    mirrored.asks(mirrored.primary(), "drop table behind")
    for name in (A, B):
        wait_until(
            lambda name=name: 0 <= lag(mirrored, name, "replay") < 200_000,  # type: ignore[misc]
            "it has caught up",
            PATIENCE,
        )


def test_text_and_json_tell_the_same_of_the_lag(mirrored: Whole) -> None:
    standby = mirrored.standby()
    for name in (A, B):
        told = mirrored.mc_ctl(name, "status", "--lag").stdout
        as_json = mirrored.mc_ctl(name, "status", "--lag", "--output=json").stdout

        line = (
            rf'\nlag: server "{standby}": \d+ bytes? to be flushed, \d+ bytes? to be '
        )
        assert re.search(line, told)
        lag = json.loads(as_json)["lag"]
        assert lag["server_id"] == standby
        assert min(lag["flushed_bytes"], lag["replayed_bytes"]) >= 0


def arbiter(pair: Whole, name: str) -> tuple[int, dict[str, Any]]:
    done = pair.mc_ctl(name, "status", "--arbiter", "--output=json", check=False)
    (shown,) = json.loads(done.stdout)["arbiters"]
    return done.returncode, shown


def test_the_arbiter_is_what_its_own_status_says(mirrored: Whole) -> None:
    where = ("-M", str(mirrored.mcdir(ARBITER)))
    told = mirrored.run("mc_arb", "status", *where, "--output=json", on=ARBITER)
    said = json.loads(told.stdout)
    for name in (A, B):
        code, shown = arbiter(mirrored, name)

        assert (code, shown["status"]) == (0, "online")
        assert shown["register"] == shown["enrolled"] == said["identity"]
        epoch, primary = mirrored.epoch(), mirrored.primary()
        assert shown["cell"] == {"epoch": epoch, "state": "PAIR", "who": primary}
        assert shown["answers"] == {A: True, B: True}

    mirrored.run("mc_arb", "stop", *where, "-e", on=ARBITER)
    for name in (A, B):
        wait_until(
            lambda name=name: arbiter(mirrored, name)[0] == 3,  # type: ignore[misc]
            "it is offline",
            PATIENCE,
        )
        shown = arbiter(mirrored, name)[1]
        assert (shown["status"], shown["cell"]) == ("offline", None)
        assert shown["enrolled"] == said["identity"]
    mirrored.start_arbiter()
    mirrored.settles()


def test_a_silence_grows_and_its_end_is_seen(mirrored: Whole) -> None:
    primary, standby = mirrored.primary(), mirrored.standby()
    mirrored.kill_controllers(standby)

    def is_down() -> bool:
        up = value(gauges(mirrored, primary), "server_up", server_id=standby)
        return up == 0

    wait_until(is_down, "it counts as silent", PATIENCE)
    found = gauges(mirrored, primary)
    silence = value(found, "peer_silence_seconds", server_id=standby)
    assert silence is not None and silence > 1
    assert holding(found, "host_role", "role", server_id=primary) == {"primary"}
    alone = gauges(mirrored, standby)
    assert value(alone, "controller_up", server_id=standby) == 0
    assert value(alone, "server_up", server_id=standby) == 0
    assert mirrored.start(standby).returncode == 0
    mirrored.settles()
