"""Two real cores walk through the protocol's model: each step of theirs is one of its own.

`make model-walk` walks further, from more seeds.
"""

from __future__ import annotations

import itertools

import pytest

from tests.mirror import walks
from tests.mirror.walk_kinds import NOT_TAKEN, all_kinds, is_of
from tests.mirror.walk_values import MODEL, kind
from tests.mirror.walks import Walked

# Seeds of each walk, and its turns: about 10 s of CPU in all.
SEEDS, TURNS = 5, 700
# What is rare may take more: first what took it last, then, if the core has changed, any.
RARE = [("arbiter-poison", 13)]
MORE = [(name, seed) for seed in range(SEEDS, 24) for name in walks.NAMES]


def test_every_step_of_two_cores_is_one_of_the_models_and_each_kind_is_taken() -> None:
    """Foes or none: no row is lost, nobody splits, and there is a way back to a pair."""
    walked = Walked()
    for name, seed in itertools.product(walks.NAMES, range(SEEDS)):
        walks.walk(name, seed, TURNS, walked)
    for name, seed in RARE + MORE:
        if not walks.not_taken(walked):
            break
        walks.walk(name, seed, TURNS, walked)

    assert walks.not_taken(walked) == []


@pytest.mark.parametrize("name", walks.NAMES)
def test_a_walk_is_the_same_each_time(name: str) -> None:
    """What a seed has found can be looked at again."""
    one, other = Walked(), Walked()
    walks.walk(name, 9, 100, one)
    walks.walk(name, 9, 100, other)

    assert one == other


def test_what_is_not_taken_is_a_kind_of_the_model() -> None:
    assert set(NOT_TAKEN) <= all_kinds()
    assert all(NOT_TAKEN.values())


def test_the_models_text_is_read_whole() -> None:
    """A label that the reading of its text misses would never be asked for."""
    model = MODEL.Model(
        "arbiter", epochs=9, builds=9, events=9, foes=["disks", "hand", "oscrash"]
    )
    labels = [label for label, _, _ in model.steps(model.init)]

    assert labels
    for label in labels:
        assert any(is_of(kind(label), one) for one in all_kinds()), label


def test_a_kind_that_nobody_takes_is_named() -> None:
    walked = Walked()
    walks.walk("message-nobody", 0, 200, walked)

    assert "* suspects, asks the register" in walks.not_taken(walked)
