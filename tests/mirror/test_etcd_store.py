"""The key in etcd beneath the register: compare-and-set by mod_revision, and by nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.processes import wait_until
from pgx_mirror.core.cell import ALONE, Cell
from pgx_mirror.core.mark import PAIR
from pgx_mirror.register.core.state import Kept
from pgx_mirror.register.core.words import PRIMARY, Beat
from pgx_mirror.register.etcd.gateway import Away, Gateway
from pgx_mirror.register.etcd.keys import Enrolled, register_key, server_key
from pgx_mirror.register.etcd.store import Store, View, lasting
from tests.mirror.arbiters import SYSTEM, A, B
from tests.mirror.etcds import EtcdPlace

BEAT = Beat(PRIMARY, SYSTEM, 60.0)  # its lease ends by being revoked, not by itself


def _store(etcd: EtcdPlace, prefix: str, me: str = A, first: int = 0) -> Store:
    gateway = Gateway(
        etcd.place(timeout=20.0), None, first
    )  # a busy one is no dead one
    return Store(gateway, prefix, me, B if me == A else A)


DEEDS = st.lists(
    st.tuples(st.sampled_from([A, B]), st.sampled_from(["read", "swap"])), max_size=12
)


@given(deeds=DEEDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_two_writers_who_has_read_last_writes(
    etcd: EtcdPlace, deeds: list[tuple[str, str]]
) -> None:
    """At two members, in whatever order: a swap is done iff nobody has swapped since its view."""
    stores = {A: _store(etcd, etcd.prefix, A), B: _store(etcd, etcd.prefix, B, 1)}
    views: dict[str, tuple[View, int]] = {}
    written, swaps = stores[A].read().kept, 0
    for epoch, (who, deed) in enumerate(deeds):
        if deed == "read":
            views[who] = stores[who].read(), swaps
            assert views[who][0].kept == written
        elif who in views:
            view, seen = views[who]
            wanted = Kept(written.identity, SYSTEM, Cell(epoch, ALONE, who))
            assert stores[who].swap(view, wanted) == (seen == swaps)
            if seen == swaps:
                written, swaps = wanted, swaps + 1
    assert etcd.kept() == written


def test_one_identity_is_made_whoever_comes_first(etcd: EtcdPlace) -> None:
    one, two = _store(etcd, etcd.prefix, A), _store(etcd, etcd.prefix, B, 1)
    assert one.read().kept == two.read().kept == etcd.kept()
    assert len(etcd.kept().identity) == 32


def test_what_is_enrolled_is_what_still_stands_there(etcd: EtcdPlace) -> None:
    one, two = _store(etcd, etcd.prefix, A), _store(etcd, etcd.prefix, B)
    identity = one.read().kept.identity
    two.lives(BEAT, Enrolled(identity, 1, "SYNC"))
    view = one.read()
    two.lives(BEAT, Enrolled(identity, 3, "OUT"))
    begun = Kept(identity, SYSTEM, Cell(1, PAIR, A))
    assert not one.swap(view, begun, enrols=True)
    assert one.swap(one.read(), begun, enrols=True)


def _reads(make: Callable[[], Gateway], etcd: EtcdPlace) -> Gateway:
    """Read the register by one call of a gateway, and return that gateway.

    By another one that is *made*, which knows nothing of the first, where a busy etcd has had
    another leader, or been late.  No member is left out before that is told: each has a
    reason of its own.
    """
    gateway = make()

    def told() -> bool:
        nonlocal gateway
        try:
            return gateway.read((register_key(etcd.prefix),)).found[0] is not None
        except Away as ex:
            assert not re.search(r": (;|$)", str(ex)), ex
            gateway.close()
            gateway = make()
            return False

    wait_until(told, "the register is read")
    return gateway


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_member_without_the_others_tells_nothing(
    etcd: EtcdPlace, number: int
) -> None:
    """Neither from its memory, nor where it leads and does not know yet that it does not."""
    _store(etcd, etcd.prefix).read()
    others = [m for i, m in enumerate(etcd.etcd.members) if i != number]
    _reads(lambda: Gateway(etcd.place(), None, number), etcd)
    gateway = Gateway(etcd.place(timeout=0.3), None, number)
    with etcd.etcd.frozen(*others), pytest.raises(Away):
        gateway.read((register_key(etcd.prefix),))


def test_a_member_that_hangs_is_followed_by_the_next(etcd: EtcdPlace) -> None:
    _store(etcd, etcd.prefix).read()
    leader, its = etcd.etcd.leader(), etcd.etcd.members
    number = next(i for i, member in enumerate(its) if member is not leader)
    with etcd.etcd.frozen(its[number]):
        gateway = _reads(lambda: Gateway(etcd.place(timeout=2.0), None, number), etcd)
        _reads(lambda: gateway, etcd)


def test_a_lease_that_is_lost_is_made_anew(etcd: EtcdPlace) -> None:
    one, two = _store(etcd, etcd.prefix, A), _store(etcd, etcd.prefix, B)
    one.lives(BEAT, None)
    its = etcd.etcd.ctl("get", "--write-out=json", server_key(etcd.prefix, A))
    lease = json.loads(its)["kvs"][0]["lease"]
    etcd.etcd.ctl("lease", "revoke", f"{lease:x}")  # others end by themselves meanwhile
    assert two.read().other is None
    one.lives(BEAT, None)
    assert two.read().other is not None


@pytest.mark.parametrize(("limit", "seconds"), [(5.4, 2), (2.0, 1), (0.3, 1), (60, 57)])
def test_a_key_ends_before_its_server_is_silent(limit: float, seconds: int) -> None:
    assert lasting(Beat(PRIMARY, SYSTEM, limit)) == seconds
