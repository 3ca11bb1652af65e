"""mc_ctl status as a process, beyond the manual's table: forms for monitoring."""

from __future__ import annotations

import json

from pgx_mirror.core.status import shown as status_text
from pgx_mirror.core.status.more import plain
from tests.exposition import read
from tests.fix_mcdir import Mcdir
from tests.mirror.test_status import A, B, seen
from tests.mirror.test_status_prometheus import MORE, holding, text, value

STATUS = status_text.plain(seen(A, B))
SAID = {"status": STATUS, "more": plain(MORE)}


def test_prometheus_is_the_controllers(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": SAID})
    mcdir.of("nd1", "start")
    shown = mcdir.of("nd1", "status", "--output=prometheus")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == text(seen(A, B))


def test_prometheus_of_a_controller_that_tells_no_more(mcdir: Mcdir) -> None:
    """One that goes on while a newer version is installed beside it."""
    mcdir.play(last={"status": {"status": STATUS}})
    mcdir.of("nd1", "start")
    shown = mcdir.of("nd1", "status", "--output=prometheus")

    assert shown.returncode == 0
    _, samples = read(shown.stdout)
    assert value(samples, "switchable") == 1
    assert value(samples, "peer_silence_seconds", server_id="nd2") is None


def test_prometheus_without_a_controller(mcdir: Mcdir) -> None:
    shown = mcdir.of("nd2", "status", "--output=prometheus")

    assert (shown.returncode, shown.stderr) == (3, "")
    _, samples = read(shown.stdout)
    assert value(samples, "controller_up", server_id="nd2") == 0
    assert value(samples, "switchable") == 0
    assert holding(samples, "mirroring_status", "status") == {"unknown"}


def test_what_is_told_besides_changes_no_other_form(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": SAID})
    mcdir.of("nd1", "start")

    for output, want in (
        ("text", status_text.text(seen(A, B))),
        ("json", status_text.as_json(seen(A, B))),
    ):
        shown = mcdir.of("nd1", "status", f"--output={output}")
        assert (shown.returncode, shown.stdout) == (0, want + "\n")


def test_the_lag_is_told_where_it_is_asked_for(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": SAID})
    mcdir.of("nd1", "start")
    shown = mcdir.of("nd1", "status", "--lag")
    as_json = mcdir.of("nd1", "status", "--lag", "--output=json")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        status_text.text(seen(A, B))
        + '\n\nlag: server "nd2": 4096 bytes to be flushed, 8192 bytes to be replayed\n'
    )
    found = json.loads(as_json.stdout)
    lag = {"server_id": "nd2", "flushed_bytes": 4096, "replayed_bytes": 8192}
    assert found.pop("lag") == lag
    assert found == json.loads(status_text.as_json(seen(A, B)))


def test_without_a_controller_no_lag_is_known(mcdir: Mcdir) -> None:
    shown = mcdir.of("nd1", "status", "--lag")
    as_json = mcdir.of("nd1", "status", "--lag", "--output=json")

    assert (shown.returncode, as_json.returncode) == (3, 3)
    table, lag, reason = shown.stdout.split("\n\n")
    assert (table.splitlines()[2], lag) == ("unknown", "lag: not known")
    assert reason.startswith("reason: ")
    assert json.loads(as_json.stdout)["lag"] is None


def test_a_status_that_is_none_is_told(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": {"status": STATUS, "more": {"lag": None}}})
    mcdir.of("nd1", "start")
    refused = mcdir.of("nd1", "status", "--output=prometheus")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "could not understand the controller's status" in refused.stderr
