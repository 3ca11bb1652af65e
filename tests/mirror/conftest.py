"""What the tests of the pair share."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.etcd import Etcd
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from tests.fix_postgres import open_directory
from tests.mirror.arbiters import Arbiter
from tests.mirror.bed_stories import OnBed, on_bed
from tests.mirror.etcds import EtcdPlace, reap
from tests.mirror.whole import Whole, whole


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a test of a whole pair has failed, show what both servers say of it."""
    report = yield
    if report.failed and call.when == "call":
        for pair in _pairs_of(item):
            with suppress(Exception):  # the failure is what counts
                report.sections.append(("the pair", pair.shown()))
    return report


def _pairs_of(item: pytest.Item) -> list[Whole]:
    found: list[object] = []
    for made in getattr(item, "funcargs", {}).values():
        found += made if isinstance(made, tuple) else (made,)
    return [each for each in found if isinstance(each, Whole)]


@pytest.fixture
def arbiter(open_tmp: Path) -> Arbiter:
    """A real mc_arb that runs, and that nobody has enrolled."""
    made = Arbiter(open_tmp / "arbiter")
    made.start()
    return made


@pytest.fixture(scope="module")
def modules_etcd(os_user: OsUser) -> Iterator[Etcd]:
    """Three members that run, which a module's tests take in turns, by `etcd`."""
    if reason := missing("etcd", "etcdctl"):
        pytest.skip(reason)
    with open_directory(os_user) as place:
        made = Etcd(place / "etcd", user=os_user)
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture
def etcd(modules_etcd: Etcd) -> Iterator[EtcdPlace]:
    """A prefix of its own in three members, all of which run; so they do afterwards."""
    yield EtcdPlace(modules_etcd)
    reap()
    modules_etcd.start()


@pytest.fixture(scope="module")
def modules_whole(postgresql: Binaries, os_user: OsUser) -> Iterator[Whole]:
    """A pair that runs, which a module's tests take in turns, by `mirrored`."""
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user) as made,
    ):
        yield made


@pytest.fixture
def mirrored(modules_whole: Whole) -> Iterator[Whole]:
    """A pair that is whole, and a client that commits; whole again afterwards."""
    modules_whole.settles()
    yield modules_whole
    modules_whole.settles()


@pytest.fixture(scope="module")
def modules_on_bed(postgresql: Binaries) -> Iterator[OnBed]:
    """A pair on the bed, which a module's tests take in turns, by `bedded`."""
    with on_bed(postgresql) as made:
        yield made


@pytest.fixture
def bedded(modules_on_bed: OnBed) -> Iterator[OnBed]:
    """A pair on the bed that is whole, and a client that commits; whole again afterwards."""
    modules_on_bed.settles()
    yield modules_on_bed
    modules_on_bed.restored()


@pytest.fixture
def leading(mirrored: Whole) -> Whole:
    """The same, and server1 is the primary, as in the documents."""
    if mirrored.primary() != A:
        mirrored.mc_ctl(B, "switch")
        mirrored.rebuild(B)
        mirrored.settles()
    return mirrored
