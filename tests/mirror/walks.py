"""Walks of two cores through the protocol's model, with and without foes: how many, how far.

python -m tests.mirror.walks [--seeds N] [--turns N] [--from SEED] [NAME ...]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.mirror import walk_heals, walk_people, walk_world
from tests.mirror.walk import Walk
from tests.mirror.walk_kinds import NOT_TAKEN, all_kinds, missing
from tests.mirror.walk_values import COMMITS, MODEL

MODES = ("arbiter", "message", "command")
FOES: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "poison": ("poison",),
    "old-conf": ("old_conf",),
    "hand": ("hand",),
    "disks": ("disks",),
    "oscrash": ("oscrash",),
    "unable": ("unable",),
    "all": ("poison", "old_conf", "hand", "oscrash", "unable"),
}
NAMES = tuple(f"{mode}-{foe}" for mode in MODES for foe in FOES)
_ENDLESS = 10**6  # epochs, setups and foes' events have no bound in a walk


@dataclass
class Walked:
    """What was done in walks: steps by kind, and how often a step was one by an equal."""

    kinds: Counter[str] = field(default_factory=Counter)
    equals: Counter[str] = field(default_factory=Counter)
    turns: int = 0


def begin(name: str, seed: int) -> Walk:
    """Return a walk that has not begun."""
    mode, _, foe = name.partition("-")
    start = "alone" if seed % 4 == 3 else None
    model = MODEL.Model(
        mode,
        commits=COMMITS,
        epochs=_ENDLESS,
        builds=_ENDLESS,
        events=_ENDLESS,
        foes=FOES[foe],
        start=start,
        operator="strict" if mode != "arbiter" else None,
    )
    return Walk(model, Random(f"{name} {seed}"))


def walk(name: str, seed: int, turns: int, walked: Walked) -> None:
    """Walk, and then see the pair whole again.  Raises AssertionError with all that happened."""
    one = begin(name, seed)
    if seed % 4 == 3:
        walk_people.keeps_the_old_directory(one)
    try:
        for _ in range(turns):
            walk_world.turn(one)
        walk_heals.heals(one)
    except (AssertionError, MODEL.Violation) as ex:
        told = f"{name}, seed {seed}: {type(ex).__name__}: {ex}\n{one.tell()}"
        raise AssertionError(told) from ex
    finally:
        walked.kinds += one.kinds
        walked.equals += one.equals
        walked.turns += turns


def not_taken(walked: Walked) -> list[str]:
    """Return the kinds of steps that no walk has taken, without those that none is to.

    A word that comes late makes no kind of its own.
    """
    wanted = {one.removesuffix(", late") for one in all_kinds() - set(NOT_TAKEN)}
    return missing((one.removesuffix(", late") for one in walked.kinds), wanted)


def main(args: list[str]) -> int:
    """Walk; 0: every step was one of the model's, and each kind was taken."""
    parser = argparse.ArgumentParser(prog="tests.mirror.walks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}"
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--turns", type=int, default=3000)
    given = parser.parse_args(args)
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no such walk: {', '.join(sorted(unknown))}")
    walked, wrong, began = Walked(), 0, time.process_time()
    for name in given.names or NAMES:
        for seed in range(given.first, given.first + given.seeds):
            try:
                walk(name, seed, given.turns, walked)
            except AssertionError as ex:
                wrong += 1
                print(ex, flush=True)
        print(f"{name}: {walked.turns} turns, {wrong} wrong", flush=True)
    for one, count in sorted(walked.kinds.items()):
        print(f"{count:8} {one}")
    never = [] if given.names else not_taken(walked)
    print("".join(f"never taken: {one}\n" for one in never), end="")
    steps, seconds = walked.kinds.total(), time.process_time() - began
    print(f"{walked.turns} turns, {steps} steps, {seconds:.0f} s of CPU, {wrong} wrong")
    return 1 if wrong or never else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
