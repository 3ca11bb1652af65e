"""Transitions that are observed can fail: a lost row, a second server, a move for nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.bed.bed import why_not
from fixtures.chaos.faults import FAULTS
from fixtures.chaos.kinds import Outcome
from fixtures.chaos.plan import Plan, Step
from fixtures.chaos.text import render
from fixtures.fake_rms.problems import Wrong
from fixtures.fake_rms.replay import grammar, stage
from fixtures.fake_rms.replay.meaning import plan
from fixtures.fake_rms.replay.seen import Failed

OURS = Path(__file__).resolve().parents[2] / "fixtures/transitions"


def on_bed(test: Callable[..., None]) -> Callable[..., None]:
    """Have *test* run where there is a bed."""
    skip = pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed")
    marked: Callable[..., None] = pytest.mark.root(skip(test))
    return marked


HEAD = """\
# Told by a test.
use database.toml
start
wait node1RMS app1 Online within 90 s
roles app1
observe
rows kept within 90 s
one server
"""
# A postmaster of its own on the other node, past the PID file, as long as it takes.
SECOND = (
    "on standby run dev=$(losetup -nO NAME -j $FAKE_RMS_NODE/../disk1.img);"
    " mount $dev ${PGX_DATA%/*}; rm $PGX_DATA/postmaster.pid;"
    " setpriv --reuid=$PGX_USER --regid=$(id -g $PGX_USER) --clear-groups"
    " $PGX_BIN_DIR/postgres -D $PGX_DATA"
    " >/dev/null 2>&1 & until postmaster; do sleep 0.01; done;"
    " sleep 0.1; kill -9 $(postmaster)\n"
)


def play(text: str) -> None:
    """Run the transition *text*.  Raises Failed."""
    found = plan(grammar.parse(str(OURS / "told.rms"), text))
    with tempfile.TemporaryDirectory(prefix="pgx-rms-") as home:
        stage.play(found, Path(home), lambda told: None)


def fault(name: str) -> Step:
    """Return the step that is this fault alone."""
    return Step(None, next(each for each in FAULTS if each.name == name))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("delete from ledger where n = 1", r"rows are missing: \[1\]"),
        ("insert into ledger values (0)", r"rows are strange: \[0\]"),
    ],
)
@on_bed
def test_rows_that_are_lost_or_from_nobody_are_found(statement: str, said: str) -> None:
    with pytest.raises(Failed, match=said):
        play(f"{HEAD}on active run sql '{statement}'\nrows kept within 90 s\n")


@on_bed
def test_a_second_server_is_found() -> None:
    with pytest.raises(Failed, match="two servers at once"):
        play(f"{HEAD}{SECOND}one server\n")


@on_bed
def test_a_failover_for_nothing_is_found() -> None:
    """A step that must change nothing, in which the server dies."""
    quiet = Plan("test", True, (), (fault("standby node panics"),))
    assert quiet.steps[0].outcome is Outcome.STAYS
    text = render(quiet).replace("panic active", "on active run kill -9 $(postmaster)")
    with pytest.raises(Failed, match=r"stay active|same server"):
        play(text)


@on_bed
def test_a_plan_is_played() -> None:
    play(render(Plan("test", False, (), (fault("postmaster killed"),))))


def test_active_and_standby_are_nodes_only_after_roles() -> None:
    text = "use database.toml\nstart\nwait active app1 Online within 1 s\nroles app1\n"
    with pytest.raises(Wrong) as wrong:
        plan(grammar.parse(str(OURS / "told.rms"), text))
    assert [p.line for p in wrong.value.problems] == [3]


def test_what_observes_needs_the_bed() -> None:
    text = "use plain.toml\nstart\nwait node1RMS app1 Online within 90 s\nroles app1\n"
    with pytest.raises(Wrong, match="needs the bed"):
        play(f"{text}observe\n")


def test_repair_puts_right_what_can_be() -> None:
    play(
        "use plain.toml\nstart\nwait node1RMS app1 Online within 90 s\n"
        "on node1RMS run rm $FAKE_RMS_NODE/run/db\nwait node2RMS app1 Online within 90 s\n"
        "on node2RMS type hvutil -d app1\npanic node1RMS\n"
        "repair app1 within 90 s\nroles app1\non standby try false\npause for 0.1 s\n"
    )
