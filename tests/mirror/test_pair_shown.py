"""Each word of mc_ctl status on a real pair: how it is come to, its exit code, and the way out."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fixtures.commands import command
from fixtures.pair.place import ARBITER, OTHER
from fixtures.processes import kill, wait_until
from pgx_mirror.core.mark import ALONE, PAIR
from tests.exposition import read
from tests.fix_pair import child
from tests.mirror.pair_told import until_told
from tests.mirror.test_status_prometheus import holding, value
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

Rows = dict[str, dict[str, Any]]


def shown(pair: Whole, name: str) -> tuple[int, dict[str, Any], Rows]:
    """Return the exit code of status on *name*, what it says, and its rows by server."""
    done = pair.mc_ctl(name, "status", "--output=json", check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found, {row["server_id"]: row for row in found["servers"]}


def says(pair: Whole, name: str, word: str) -> bool:
    code, found, _ = shown(pair, name)
    assert (code == 0) == (found["mirroring_status"] == "switchable")
    return bool(found["mirroring_status"] == word)


def until_says(pair: Whole, word: str, *names: str) -> None:
    for name in names:
        wait_until(lambda n=name: says(pair, n, word), word, PATIENCE)  # type: ignore[misc]


def texts(pair: Whole, name: str) -> list[str]:
    return [why["text"] for why in shown(pair, name)[1]["reasons"]]


def test_a_role_whose_commits_are_no_guarantee_is_named_by_a_pair_that_is_well(
    mirrored: Whole,
) -> None:
    first = mirrored.primary()
    mirrored.asks(first, "create role reports")
    mirrored.asks(first, "alter role reports set synchronous_commit = off")
    text = "synchronous_commit is no guarantee for role reports: off"

    wait_until(lambda: texts(mirrored, first) == [text], text, PATIENCE)
    assert shown(mirrored, first)[0] == 0
    assert says(mirrored, first, "switchable")

    mirrored.asks(first, "drop role reports")
    wait_until(lambda: not texts(mirrored, first), "it is gone", PATIENCE)


def test_failover_disabled_and_a_dead_database_that_is_left_to_an_operator(
    mirrored: Whole,
) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    mirrored.mc_ctl(first, "disable-failover")
    until_says(mirrored, "failover-disabled", first, other)
    assert "hint: Enable it: mc_ctl enable-failover." in mirrored.told(other)
    _, samples = read(
        mirrored.mc_ctl(first, "status", "--output=prometheus", check=False).stdout
    )
    assert holding(samples, "mirroring_status", "status") == {"failover-disabled"}

    kill(mirrored.servers[first].pid() or 0)
    until_says(mirrored, "not-switchable", first, other)
    for name in (first, other):
        wait_until(lambda n=name: is_dead(mirrored, n, first), "it is dead", PATIENCE)  # type: ignore[misc]
        code, found, rows = shown(mirrored, name)
        assert (code, rows[first]["host_role"]) == (3, "primary")
        assert (rows[first]["host_status"], rows[first]["disk_status"]) == (
            "normal",
        ) * 2
        assert rows[other]["db_proc_status"] == "normal"
        worst = found["reasons"][0]
        assert worst["text"].startswith(f'database of server "{first}": abnormal(')
        assert "mc_ctl switch" in worst["hint"]
    _, samples = read(
        mirrored.mc_ctl(other, "status", "--output=prometheus", check=False).stdout
    )
    assert holding(samples, "database_state", "state", server_id=first) == {"abnormal"}

    mirrored.mc_ctl(first, "switch")
    until_says(mirrored, "switched", first, other)
    _, _, rows = shown(mirrored, other)
    assert rows[first]["host_role"] == "none(inactivated primary)"
    assert rows[first]["db_proc_status"].startswith("abnormal(")
    mirrored.mc_ctl(other, "enable-failover")
    mirrored.rebuild(first)


def is_dead(pair: Whole, name: str, server: str) -> bool:
    return bool(shown(pair, name)[2][server]["db_proc_status"].startswith("abnormal("))


def test_a_standby_that_was_stopped_is_an_inactivated_one(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    mirrored.mc_ctl(other, "stop")

    wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
    until_told(mirrored, first, f'server "{other}" is silent')
    code, found, rows = shown(mirrored, first)
    assert (code, found["mirroring_status"]) == (3, "not-switchable")
    assert rows[other] == rows[other] | {
        "host_role": "none(inactivated standby)",
        "host_status": "abnormal",
        "db_proc_status": "unknown",
        "disk_status": "unknown",
    }
    assert rows[first]["host_role"] == "primary"
    code, found, rows = shown(mirrored, other)  # by its mark: no controller runs
    assert (code, found["mirroring_status"]) == (3, "unknown")
    assert rows[first]["host_role"] == "unknown"
    assert f'controller of server "{other}" is not running' in texts(mirrored, other)

    assert mirrored.start(other).returncode == 0


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        kill(pid, signal.SIGCONT)


def test_switching_is_said_until_the_standby_has_been_promoted(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    watch, began = watching(mirrored, other)
    with stopped(child(mirrored.servers[other], "startup")):
        where = ["-M", str(mirrored.mcdir(first)), "--local-server", first]
        asked = mirrored.begin(first, [str(command("mc_ctl")), "switch", *where])
        until_says(mirrored, "switching", first, other)
        _, _, rows = shown(mirrored, other)
        assert rows[first]["host_role"] == "none(inactivated primary)"
        assert rows[other]["host_role"] == "standby"
        assert shown(mirrored, other)[0] == 3

    assert asked.wait(PATIENCE) == 0
    if asked.stdout is not None:
        asked.stdout.close()
    until_says(mirrored, "switched", first, other)
    watch.send_signal(signal.SIGTERM)
    said, _ = watch.communicate(timeout=PATIENCE)
    assert watch.returncode == 0
    mirrored.rebuild(first)
    lines = [began, *said.splitlines()]
    words = [json.loads(line)["mirroring_status"] for line in lines]
    order = list(dict.fromkeys(words))
    assert (
        order.index("switchable") < order.index("switching") < order.index("switched")
    )


def watching(pair: Whole, name: str) -> tuple[Any, str]:
    """Begin to watch *name*, and return the process with the first that it says."""
    where = ["-M", str(pair.mcdir(name)), "--local-server", name]
    watch = pair.begin(
        name, [str(command("mc_ctl")), "status", *where, "--watch=0.2", "--output=json"]
    )
    assert watch.stdout is not None
    return watch, watch.stdout.readline()


def test_a_register_that_is_away_makes_it_not_switchable_while_all_serve(
    mirrored: Whole,
) -> None:
    """Not only when a server dies: then it is too late to be told."""
    first, other, epoch = mirrored.primary(), mirrored.standby(), mirrored.epoch()
    where = ("-M", str(mirrored.mcdir(ARBITER)))
    mirrored.run("mc_arb", "stop", *where, "-e", on=ARBITER)
    try:
        until_says(mirrored, "not-switchable", first, other)
        for name in (first, other):
            wait_until(
                lambda n=name: len(texts(mirrored, n)) == 2,  # type: ignore[misc]
                "of both",
                PATIENCE,
            )
            assert set(texts(mirrored, name)) == {
                f'server "{one}" does not reach the arbiter' for one in (first, other)
            }
            _, _, rows = shown(mirrored, name)
            for row in rows.values():
                assert (row["host_status"], row["db_proc_status"]) == (
                    "normal",
                    "normal",
                )
            done = mirrored.mc_ctl(name, "status", "--output=prometheus", check=False)
            samples = read(done.stdout)[1]
            assert value(samples, "switchable") == 0
            assert value(samples, "arbiter_answers", server_id=OTHER[name]) == 0
        mirrored.commits()
        assert (mirrored.mark(first).state, mirrored.epoch()) == (PAIR, epoch)
    finally:
        mirrored.start_arbiter()
