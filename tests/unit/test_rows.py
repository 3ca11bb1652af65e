"""Check's rows beyond the usual one, at moments that no test of a whole Check can hit."""

from __future__ import annotations

import os

import pytest

from pgx_base import proc
from pgx_pclrsc import rows, runentry
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
        return 4711, 1

    def keep_faulted(self, _postmaster: object) -> bool:
        return False


@pytest.mark.parametrize(
    ("then", "want"), [(True, verdict.ONLINE), (False, verdict.FAULTED)]
)
def test_an_offline_that_begins_while_check_listens_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, then: bool, want: int
) -> None:
    heard = [Heard(leaving=False), Heard(leaving=then)]
    monkeypatch.setattr(rows, "_hear", lambda _fd, *, acts: heard.pop(0))
    monkeypatch.setattr(proc, "alive", lambda *_: False)
    monkeypatch.setattr(runentry, "read", lambda *_: None)

    assert rows.without_workdir("/nowhere", "pg1", -1, acts=True) == want
    assert heard == []
