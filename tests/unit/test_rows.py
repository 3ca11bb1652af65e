"""Check's rows beyond the usual one, at moments that no test of a whole Check can hit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from fixtures.processes import start_time
from pgx_base import proc
from pgx_pclrsc import registry, rows, runentry
from pgx_pclrsc.core import verdict


class Heard:
    """A beacon by which a monitor, or an Offline, speaks of a server that is gone."""

    uid = os.geteuid()

    def __init__(self, *, working: bool) -> None:
        self._working = working

    def working(self) -> bool:
        return self._working

    def alone(self) -> bool:
        return not self._working

    def postmaster(self) -> tuple[int, int]:
        return 1 << 22, 1  # beyond every PID

    def keep_faulted(self, _postmaster: object) -> bool:
        return False


@pytest.mark.parametrize(
    ("then", "want"), [(True, verdict.ONLINE), (False, verdict.FAULTED)]
)
def test_an_offline_that_begins_while_check_listens_is_no_fault(
    tmp_path: Path, then: bool, want: int
) -> None:
    heard = iter((Heard(working=False), Heard(working=then)))

    def hears() -> Any:
        return next(heard)

    assert rows.without_workdir(str(tmp_path), "pg1", hears) == want
    assert next(heard, None) is None


class Alone(Heard):
    """A monitor that cannot keep the record, and has not heard from its server yet."""

    def __init__(self) -> None:
        super().__init__(working=False)

    def postmaster(self) -> None:  # type: ignore[override]
        return None


@pytest.mark.parametrize(("lives", "want"), [(False, None), (True, verdict.ONLINE)])
def test_a_monitor_that_has_not_heard_its_server_speaks_of_one_that_lives_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lives: bool, want: int | None
) -> None:
    """The entry under /run names the one that was Online: this one, or one before it."""
    monkeypatch.setattr(registry, "RUN_DIRECTORY", str(tmp_path))
    ours = os.getpid(), start_time(os.getpid())
    pid, start = ours if lives else (1 << 22, 1)
    entry = tmp_path / Path(runentry.path(str(tmp_path), "pg1")).name
    entry.write_text(f"{pid} {start} {proc.boot_id()}\n")
    assert runentry.read(str(tmp_path), "pg1") is not None

    heard: Any = Alone()
    assert rows.without_workdir(str(tmp_path), "pg1", lambda: heard) == want
