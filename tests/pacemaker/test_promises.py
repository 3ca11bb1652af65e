"""Each file of fixtures/pacemaker/promises, played by real Pacemaker on a cluster of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.pacemaker.cluster import cluster
from fixtures.pacemaker.replay import grammar
from fixtures.pacemaker.replay.play import Play
from fixtures.pacemaker.stack import PATIENT
from tests.pacemaker.marks import MARKS

_FILES = sorted(Path(grammar.__file__).parents[1].glob("promises/*.pcmk"))
pytestmark = MARKS


@pytest.mark.parametrize("path", _FILES, ids=[path.stem for path in _FILES])
def test_a_promise_is_kept(path: Path) -> None:
    promise = grammar.read(path)
    with cluster(promise.instances, again=promise.again, token=PATIENT) as made:
        Play(made, print).play(promise)
