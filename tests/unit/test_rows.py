"""Check's rows beyond the usual one, at moments that no test of a whole Check can hit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pgx_pclrsc import rows
from pgx_pclrsc.core import verdict


class Heard:
    """A beacon by which a monitor, or an Offline, speaks of a server that is gone."""

    uid = os.geteuid()

    def __init__(self, *, leaving: bool) -> None:
        self._leaving = leaving

    def leaving(self) -> bool:
        return self._leaving

    def alone(self) -> bool:
        return not self._leaving

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
    heard = iter((Heard(leaving=False), Heard(leaving=then)))

    def hears() -> Any:
        return next(heard)

    assert rows.without_workdir(str(tmp_path), "pg1", hears) == want
    assert next(heard, None) is None
