"""A pair on real PostgreSQL whose register is etcd: three members, none of them needed alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fixtures.binaries import Binaries
from fixtures.etcd import ETCD, PREFIX
from fixtures.needs import missing
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from pgx_mirror.register.etcd.keys import register_key
from tests.fix_postgres import open_directory
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = pytest.mark.one_postgres


class WithEtcd(Whole):
    """A pair with three members of etcd in an arbiter's place."""

    def __post_init__(self) -> None:
        self.register = ETCD
        super().__post_init__()

    def cell(self) -> tuple[int, str, str]:
        """Return epoch, state and who of the cell, by etcd's own client."""
        cell = self.etcd.value(register_key(PREFIX))["cell"]
        return cell["epoch"], cell["state"], cell["who"]

    def shows(self, name: str) -> str:
        """Return what mc_ctl status says first, and its reasons."""
        return self.mc_ctl(name, "status", check=False).stdout

    def members(self, name: str) -> dict[str, str]:
        """Return what mc_ctl status --arbiter says of each member."""
        words = ("status", "--arbiter", "--output=json")
        done = self.mc_ctl(name, *words, check=False)
        found: dict[str, str] = json.loads(done.stdout)["arbiters"][0]["members"]
        return found


@pytest.fixture(scope="module")
def modules_pair(postgresql: Binaries, os_user: OsUser) -> Iterator[WithEtcd]:
    if reason := missing("etcd", "etcdctl"):
        pytest.skip(reason)
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, kind=WithEtcd) as made,
    ):
        assert isinstance(made, WithEtcd)
        yield made


@pytest.fixture
def pair(modules_pair: WithEtcd) -> Iterator[WithEtcd]:
    modules_pair.settles()
    yield modules_pair
    modules_pair.etcd.start()
    modules_pair.settles()


def test_a_primary_that_dies_is_followed_by_its_standby(pair: WithEtcd) -> None:
    first, other = pair.primary(), pair.standby()
    epoch = pair.epoch()
    assert pair.cell() == (epoch, PAIR, first)

    pair.power_off(first)

    wait_until(lambda: pair.mark(other).state == ALONE, "it takes over", PATIENCE)
    assert pair.cell() == (epoch + 1, ALONE, other)
    pair.commits()
    pair.witness()
    pair.rebuild(first)


def test_status_shows_who_of_etcd_answers(pair: WithEtcd) -> None:
    ends = [f"127.0.0.1:{member.client}" for member in pair.etcd.members]
    online = dict.fromkeys(ends, "online")
    wait_until(lambda: pair.members(B) == online, "all answer", PATIENCE)

    pair.etcd.kill(pair.etcd.members[1])

    there = online | {ends[1]: "offline"}
    wait_until(lambda: pair.members(A) == there, "one does not", PATIENCE)
    # Who was killed may have led the others, or been asked by a controller.
    pair.until_switchable()
    shown = pair.mc_ctl(A, "status", "--arbiter").stdout
    assert [line.split()[1:] for line in shown.splitlines()[2:5]] == [
        [end, there[end]] for end in ends
    ]
    assert f"member {ends[1]} of etcd does not answer" in shown


def test_without_etcd_nothing_is_switched_and_status_says_so(pair: WithEtcd) -> None:
    first, other, epoch = pair.primary(), pair.standby(), pair.epoch()
    with pair.etcd.frozen(*pair.etcd.members[1:]):
        away = {first: "not-switchable", other: "not-switchable"}
        wait_until(lambda: {n: pair.status(n) for n in away} == away, "away", PATIENCE)
        told = f'server "{other}" does not reach etcd'
        wait_until(lambda: told in pair.shows(first), told, PATIENCE)
        assert "mc_ctl status --arbiter" in pair.shows(first)
        pair.commits()
        assert (pair.mark(first).state, pair.epoch()) == (PAIR, epoch)


@pytest.mark.long
def test_a_primary_that_dies_without_etcd_is_followed_once_it_is_back(
    pair: WithEtcd,
) -> None:
    first, other, epoch = pair.primary(), pair.standby(), pair.epoch()
    with pair.etcd.frozen(*pair.etcd.members[1:]):
        wait_until(lambda: pair.status(other) == "not-switchable", "away", PATIENCE)
        pair.power_off(first)
        silent = "the primary and etcd are silent"
        wait_until(lambda: silent in pair.trace(other), "it says so", PATIENCE)
        assert (pair.mark(other).state, pair.mark(other).epoch) == (SYNC, epoch)
    wait_until(lambda: pair.mark(other).state == ALONE, "it takes over", PATIENCE)
    pair.commits()
    pair.witness()
    pair.rebuild(first)


@pytest.mark.long
def test_an_emptied_etcd_is_enrolled_by_both(pair: WithEtcd) -> None:
    before = pair.etcd.value(register_key(PREFIX))["identity"]
    epoch = pair.epoch()
    pair.etcd.empty()
    pair.until_later(epoch)
    found = pair.etcd.value(register_key(PREFIX))
    assert found["identity"] not in ("", before)
    assert pair.mark(A).register == pair.mark(B).register == found["identity"]
    assert pair.cell()[:2] == (pair.epoch(), PAIR)


@pytest.mark.long
def test_another_prefix_on_one_server_is_said_and_forms_no_pair(pair: WithEtcd) -> None:
    first, other, epoch = pair.primary(), pair.standby(), pair.epoch()
    conf = pair.mcdir(other) / f"{other}.conf"
    right = conf.read_text()

    def restarted(text: str) -> None:
        pair.mc_ctl(other, "stop", "--mc-only")
        conf.write_text(text)
        pair.mc_ctl(other, "start", "--mc-only", "-f")

    restarted(right.replace(PREFIX, f"{PREFIX}0"))
    said = f'etcd_prefix of server "{other}" is {PREFIX}0, here it is {PREFIX}'
    wait_until(lambda: said in pair.trace(first), said, PATIENCE)
    wait_until(lambda: pair.status(first) == "not-switchable", "told", PATIENCE)
    pair.commits()

    restarted(right)
    pair.settles()
    assert pair.primary() == first
    assert pair.epoch() >= epoch
