"""Transitions can fail, and `fake-rms replay` says how they went."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fixtures.fake_rms.replay.command import replay

OURS = Path(__file__).resolve().parents[2] / "fixtures/transitions"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's transitions, to be spoilt."""
    shutil.copytree(OURS, tmp_path / "transitions")
    return tmp_path / "transitions"


@pytest.mark.parametrize(
    ("verb", "instead", "transition"),
    [
        ("stop", "exit 0", "crash_of_a_resource_moves_the_application"),
        ("stop", "exit 0", "mutual_switch_goes_by_offline_online_standby"),
        ("check", "exit 0", "offline_without_a_request_is_a_fault"),
        ("start", "exit 0", "starts_in_order_from_the_disk_up"),
    ],
)
def test_a_script_that_does_nothing_breaks_a_promise(
    copy: Path,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    instead: str,
    transition: str,
) -> None:
    script = copy / "applications/resource.sh"
    text = script.read_text().replace(
        "verb=$1", f"[ $1 != {verb} ] || {instead}\nverb=$1"
    )
    script.write_text(text)
    file = copy / f"{transition}.rms"
    file.write_text(re.sub(r"within \d+ s", "within 4 s", file.read_text()))

    assert replay([file], verbose=False) == 1

    assert f"{transition}: FAILED" in capsys.readouterr().out


def test_it_tells_what_happens(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "stops_only_after_every_pre_offline_script"

    assert replay([copy / f"{name}.rms"], verbose=True) == 0

    shown = capsys.readouterr().out
    assert "    node1RMS: OfflineScript of db\n" in shown
    assert f"{name}: ok" in shown


def test_one_wrong_file_keeps_all_from_starting(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = copy / "starts_in_order_from_the_disk_up.rms"
    bad = copy / "bad.rms"
    bad.write_text("strt\n")

    assert replay([good, bad], verbose=True) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert "bad.rms:1:1" in said.err


def test_there_are_thirty_promises_each_told() -> None:
    files = sorted(OURS.glob("*.rms"))
    assert len(files) >= 30
    for each in files:
        assert each.read_text().startswith("# "), each.name
