"""Nothing that hangs is waited for: neither the registry, nor RMS's settings, nor one resource."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pgx_base import again
from pgx_base.failure import Failure
from pgx_pclrsc import look, store
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.status import gather
from pgx_pclrsc.status.gather import Eyes


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "_PATIENCE", 0.2)


def hang(*_: object, **__: object) -> None:
    time.sleep(100)


def test_a_registry_that_hangs_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(store, "list_names", hang)

    with pytest.raises(Failure, match=r"could not list .*: no answer within 0\.2 s"):
        Eyes(str(tmp_path)).names()


def test_a_node_whose_settings_hang_is_not_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gather, "this_node", hang)

    assert Eyes(str(tmp_path)).node() == "not known"


def test_one_that_hangs_is_looked_at_once_while_it_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(look, "judge", hang)
    monkeypatch.setattr(again, "still_looks", lambda: True)
    eyes = Eyes(str(tmp_path))
    first = eyes.see(["pg1"])["pg1"]
    assert isinstance(first, Unknown)
    monkeypatch.undo()  # a second look would say that it is not registered

    monkeypatch.setattr(again, "still_looks", lambda: True)
    assert eyes.see(["pg1"]) == {"pg1": first}
    monkeypatch.setattr(again, "still_looks", lambda: False)
    assert eyes.see(["pg1"]) == {"pg1": Unknown("it is not registered any more", True)}
