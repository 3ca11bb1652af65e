"""What is left of the pair after two failures: each file of pair_promises, played on the bed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.etcd import ETCD
from fixtures.needs import missing
from fixtures.pair_bed.bed import why_not
from tests.mirror.bed_stories import OnBed, on_bed
from tests.mirror.promise_lines import read
from tests.mirror.promise_play import Play

_FILES = sorted(Path(__file__).parents[2].glob("fixtures/pair_promises/*.pair"))
_READ = {path.stem: read(path.read_text()) for path in _FILES}
_PLAYS = sorted(
    ((policy, name) for name, one in _READ.items() for policy in one.policies)
)
pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


class Pairs:
    """One pair at a time: for all promises of one policy the same."""

    def __init__(self, binaries: Binaries) -> None:
        self._binaries, self._policy = binaries, ""
        self._made, self._open = list[OnBed](), ExitStack()

    def of(self, policy: str) -> OnBed:
        """Return a pair with *policy* that runs."""
        if policy != self._policy:
            self.close()
            self._made = [self._open.enter_context(on_bed(self._binaries, policy))]
            self._policy = policy
        return self._made[0]

    def close(self) -> None:
        """Clear what was made."""
        self._policy = ""
        self._open.close()


@pytest.fixture(scope="module")
def pairs(postgresql: Binaries) -> Iterator[Pairs]:
    made = Pairs(postgresql)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("policy", "name"), _PLAYS, ids=[f"{name}-{policy}" for policy, name in _PLAYS]
)
def test_a_promise_is_kept(pairs: Pairs, policy: str, name: str) -> None:
    if policy == ETCD and (reason := missing("etcd", "etcdctl")):
        pytest.skip(reason)
    pair = pairs.of(policy)
    pair.settles()
    try:
        Play(pair).play(_READ[name])
        pair.restored()
    except BaseException:
        pairs.close()  # who knows what it has come to
        raise
