"""mc_ctl status --output=prometheus: the format, by a strict reader, and what it says."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.mark import GIVEN, Mark
from pgx_mirror.core.report import Report
from pgx_mirror.core.status.more import Arbiter, Lag, More
from pgx_mirror.core.status.pair import status_of, without_controller
from pgx_mirror.core.status.prometheus import (
    HELP,
    PREFIX,
    ROLES,
    STATES,
    WORDS,
    exposition,
)
from pgx_mirror.core.status.values import Status
from tests.exposition import Samples, Wrong, read
from tests.mirror.test_status import CASES, PLACES, A, B, seen
from tests.unit.import_graph import ROOT

MORE = More(
    0.25,
    Lag("nd2", 4096, 8192),
    Arbiter("arb", "192.0.2.120", "r", "r", None, (("nd1", True), ("nd2", False))),
)


def text(status: Status, more: More | None = MORE, *, runs: bool = True) -> str:
    return exposition("nd1", status, more, runs=runs) + "\n"


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"{PREFIX}{name}", frozenset(labels.items())))


def holding(samples: Samples, name: str, label: str, **labels: str) -> set[str]:
    """Return which words of an enumeration hold."""
    return {
        dict(given)[label]
        for (found, given), is_ in samples.items()
        if found == f"{PREFIX}{name}" and is_ and labels.items() <= dict(given).items()
    }


def test_a_whole_pair() -> None:
    shown = text(seen(A, B))
    if promtool := shutil.which("promtool"):  # a second opinion, where there is one
        subprocess.run(
            [promtool, "check", "metrics"], input=shown, text=True, check=True
        )
    helps, samples = read(shown)

    assert set(helps) == {f"{PREFIX}{name}" for name in HELP}
    assert value(samples, "controller_up", server_id="nd1") == 1
    assert value(samples, "switchable") == 1
    assert value(samples, "reasons") == 0
    assert value(samples, "server_info", server_id="nd2", host="192.0.2.110") == 1
    for server, role in (("nd1", "primary"), ("nd2", "standby")):
        assert value(samples, "server_up", server_id=server) == 1
        assert holding(samples, "host_role", "role", server_id=server) == {role}
        for name in ("database_state", "disk_state"):
            assert holding(samples, name, "state", server_id=server) == {"normal"}
        assert value(samples, "epoch", server_id=server) == 3
        assert value(samples, "wal_position_bytes", server_id=server) == 0x3003C30
    assert value(samples, "peer_silence_seconds", server_id="nd2") == 0.25
    assert value(samples, "peer_silence_seconds", server_id="nd1") is None
    assert value(samples, "standby_flush_lag_bytes", server_id="nd2") == 4096
    assert value(samples, "standby_replay_lag_bytes", server_id="nd2") == 8192
    assert value(samples, "arbiter_answers", server_id="nd1") == 1
    assert value(samples, "arbiter_answers", server_id="nd2") == 0


@pytest.mark.parametrize(("mine", "peer", "silent", "want"), CASES)
def test_of_each_word_one_holds(
    mine: Report, peer: Report | None, silent: bool, want: str
) -> None:
    status = seen(mine, peer, silent=silent)
    _, samples = read(text(status))

    assert holding(samples, "mirroring_status", "status") == {want}
    assert value(samples, "switchable") == (want == "switchable")
    assert value(samples, "reasons") == len(status.reasons)
    for row in status.rows:
        server = {"server_id": row.server_id}
        assert holding(samples, "host_role", "role", **server) == {row.host_role}
        assert value(samples, "server_up", **server) == (row.host_status == "normal")
        for name, column in (
            ("database_state", row.db_proc_status),
            ("disk_state", row.disk_status),
        ):
            word = column.partition("(")[0]
            assert holding(samples, name, "state", **server) == {word}
        assert (value(samples, "epoch", **server) is None) == (not row.mark)


def test_all_words_are_there_each_time_so_that_none_is_left_standing() -> None:
    for status in (seen(A, B), seen(A, None, silent=True)):
        _, samples = read(text(status))
        found = [name.removeprefix(PREFIX) for name, _ in samples]

        assert found.count("mirroring_status") == len(WORDS)
        assert found.count("host_role") == 2 * len(ROLES)
        assert found.count("disk_state") == 2 * len(STATES)


def test_what_is_not_known_has_no_sample() -> None:
    bare = text(seen(A, None, silent=True), More())
    helps, samples = read(bare)

    assert value(samples, "epoch", server_id="nd2") is None
    assert value(samples, "server_up", server_id="nd2") == 0
    for name in ("peer_silence_seconds", "standby_flush_lag_bytes", "arbiter_answers"):
        assert f"{PREFIX}{name}" not in helps
    part = replace(MORE, lag=Lag("nd2", 1))
    _, samples = read(text(seen(A, B), part))
    assert value(samples, "standby_flush_lag_bytes", server_id="nd2") == 1
    assert value(samples, "standby_replay_lag_bytes", server_id="nd2") is None


def test_without_a_controller_it_says_so() -> None:
    found = without_controller("nd1", Mark("nd1", "g", "7", 4, GIVEN), PLACES)
    _, samples = read(text(found, None, runs=False))

    assert value(samples, "controller_up", server_id="nd1") == 0
    assert value(samples, "server_up", server_id="nd1") == 0
    assert holding(samples, "mirroring_status", "status") == {"unknown"}
    role = holding(samples, "host_role", "role", server_id="nd1")
    assert role == {"none(inactivated primary)"}


@given(st.text(), st.text(), st.floats(0, 1e9), st.integers(0, 1 << 63))
def test_any_label_and_number_is_read_as_it_was(
    server: str, host: str, silence: float, position: int
) -> None:
    places = (("nd1", "h"), (server + "'", host))
    peer = replace(B, owner=server + "'", position=position)
    status = status_of(A, peer, silent=False, places=places)
    _, samples = read(text(status, replace(MORE, silence=silence)))

    other = {"server_id": server + "'"}
    assert value(samples, "server_info", host=host, **other) == 1
    found = value(samples, "peer_silence_seconds", **other)
    assert found == pytest.approx(silence, abs=0.001)
    assert value(samples, "wal_position_bytes", **other) == (float(position) or None)


def test_a_position_has_all_of_its_digits() -> None:
    ahead = replace(A, position=(1 << 63) - 1)

    assert f" {(1 << 63) - 1}\n" in text(seen(ahead, B))


def test_names_are_as_prometheus_wants_them() -> None:
    for name in HELP:
        assert name.replace("_", "a").isalnum() and name == name.lower()
        assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
        if "lag" in name or "position" in name:
            assert name.endswith("_bytes")


def test_each_name_is_in_the_document() -> None:
    document = (ROOT / "docs" / "pair_commands.md").read_text()

    assert [name for name in HELP if f"| `{PREFIX}{name}` |" not in document] == []


@pytest.mark.parametrize(
    "wrong",
    [
        "a 1",
        "a 1\n",
        "# HELP a b\na 1\n",
        "# HELP a b\n# TYPE a gauge\n\n",
        "# HELP a b\n# TYPE a gauge\nb 1\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 1\n",
        '# HELP a b\n# TYPE a gauge\na{b="c""} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="\\c"} 1\n',
        "# HELP a b\n# TYPE a gauge\na one\n",
    ],
)
def test_the_reader_is_strict(wrong: str) -> None:
    with pytest.raises(Wrong):
        read(wrong)
