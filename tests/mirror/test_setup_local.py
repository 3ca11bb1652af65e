"""What a setup finds in the data directory that it is to empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_mirror.setup import local


@pytest.mark.parametrize(
    ("conf", "signal", "loose"),
    [
        ("#synchronous_standby_names = 'nd1'\n", False, True),
        ("#synchronous_standby_names = 'nd1'\n", True, False),
        ("synchronous_standby_names = 'nd1'\n", False, False),
        ("", False, True),
        (None, False, False),
    ],
)
def test_who_waits_for_nobody_may_have_acknowledged_commits(
    tmp_path: Path, conf: str | None, signal: bool, loose: bool
) -> None:
    (tmp_path / "PG_VERSION").write_text("15\n")
    if conf is not None:
        (tmp_path / "postgresql.conf").write_text(conf)
    if signal:
        (tmp_path / "standby.signal").write_text("")

    assert local.look(str(tmp_path)).loose == loose
