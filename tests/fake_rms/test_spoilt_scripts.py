"""Transitions of the database can fail: each spoilt script breaks at least three."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from fixtures.bed.bed import why_not
from fixtures.commands import command
from fixtures.fake_rms.replay import grammar, stage
from fixtures.fake_rms.replay.meaning import plan
from fixtures.fake_rms.replay.seen import Failed

OURS = Path(__file__).resolve().parents[2] / "fixtures/transitions"
# Says at once that it is done, and does the work behind RMS's back, after our patience.
HASTY = f'#!/bin/sh\n(sleep 30; exec {command("pgx_online")} "$@") >/dev/null 2>&1 &\n'
SPOILT = {
    "pgx_offline": ("#!/bin/sh\nexit 0\n", "is_switched_and_keeps_its_rows"),
    "pgx_check": ("#!/bin/sh\nexit 0\n", "crash_moves_it"),
    "pgx_online": (HASTY, "is_switched_and_keeps_its_rows"),
}
OTHERS = {
    "pgx_offline": ("forced_switch_resets_its_statistics", "is_recovered_outside_rms"),
    "pgx_check": ("stopped_behind_rms_is_a_fault", "silence_moves_it"),
    "pgx_online": ("survives_a_panic", "crash_moves_it"),
}
CASES = [
    (script, promise)
    for script, (_, first) in SPOILT.items()
    for promise in (first, *OTHERS[script])
]


@pytest.mark.root
@pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed")
@pytest.mark.parametrize(("script", "promise"), CASES)
def test_a_spoilt_script_breaks_the_promise(
    script: str, promise: str, tmp_path: Path
) -> None:
    for name in SPOILT:
        (tmp_path / name).symlink_to(command(name))
    (tmp_path / script).unlink()
    (tmp_path / script).write_text(SPOILT[script][0])
    (tmp_path / script).chmod(0o755)
    for parent in (tmp_path, *tmp_path.parents):
        if str(parent).startswith(tempfile.gettempdir() + "/"):
            parent.chmod(0o755)
    text = (OURS / f"database_{promise}.rms").read_text()
    path = OURS / f"database_{promise}.rms"
    text = re.sub(r"within \d+ s", "within 8 s", text)
    # Silence is to be a fault sooner than that: else no script could keep the promise.
    text = re.sub(r"response-timeout=\d+", "response-timeout=1", text)
    quick = grammar.parse(str(path), text)

    with (
        tempfile.TemporaryDirectory(prefix="pgx-rms-") as home,
        pytest.raises(Failed),
    ):
        stage.play(plan(quick), Path(home), lambda told: None, tmp_path)
