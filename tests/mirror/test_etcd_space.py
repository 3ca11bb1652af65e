"""An etcd that reads, and takes no write: it could grant nothing, and is told to be away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.etcd import Etcd
from fixtures.needs import missing
from fixtures.os_user import OsUser
from pgx_mirror.register.core.words import PRIMARY, Beat
from pgx_mirror.register.etcd import store as stores
from pgx_mirror.register.etcd.gateway import Away, Gateway
from pgx_mirror.register.etcd.keys import server_key
from pgx_mirror.register.etcd.store import Store
from tests.fix_postgres import open_directory
from tests.mirror.arbiters import SYSTEM, A, B
from tests.mirror.etcds import EtcdPlace

BEAT = Beat(PRIMARY, SYSTEM, 60.0)
QUOTA = 1 << 20  # bytes


@pytest.fixture(scope="module")
def small(os_user: OsUser) -> Iterator[EtcdPlace]:
    """A member that has room for a register, and for little else."""
    if reason := missing("etcd", "etcdctl"):
        pytest.skip(reason)
    options = (f"--quota-backend-bytes={QUOTA}",)
    with open_directory(os_user) as place:
        made = Etcd(place / "etcd", count=1, user=os_user, options=options)
        try:
            made.start()
            yield EtcdPlace(made, timeout=20.0)  # a busy one is not away
        finally:
            made.stop()


def _fill(etcd: EtcdPlace) -> None:
    with pytest.raises(RuntimeError, match="database space exceeded"):
        for number in range(2 * QUOTA // 100_000):
            etcd.etcd.ctl("put", f"/others/{number}", "x" * 100_000)


def test_without_room_for_a_write_it_is_away_before_anybody_asks(
    small: EtcdPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "PROVES_WRITES", 0.0)
    store = Store(Gateway(small.place(), None), small.prefix, A, B)
    kept = store.read().kept
    for _ in range(3):
        store.lives(BEAT, None)
    before = store.read()
    assert (before.kept, before.revision) == (kept, store.seen)  # nothing was written
    assert small.etcd.value(server_key(small.prefix, A))["role"] == PRIMARY
    _fill(small)
    store.lives(BEAT, None)  # a lease is kept all the same
    with pytest.raises(Away, match="database space exceeded"):
        store.read()
