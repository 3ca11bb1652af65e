"""The deliberate bugs still fit: each goes in at exactly one place, no two in one function."""

from __future__ import annotations

import shlex
from collections import Counter

import pytest

from tests.mutants.mutant import CHECKOUT, Mutant, all_mutants, mutated, place

MUTANTS = all_mutants()


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 1


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_it_goes_in_at_one_place_and_is_python(mutant: Mutant) -> None:
    path = place(mutant).path
    compile(mutated(mutant, path.read_text(encoding="utf-8")), str(path), "exec")
    assert mutant.new != mutant.old
    assert "\n" not in mutant.what


def test_no_two_are_in_one_function() -> None:
    found = Counter(place(mutant) for mutant in MUTANTS)
    assert [where for where, times in found.items() if times > 1] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_what_must_catch_it_is_there(mutant: Mutant) -> None:
    for suite, selection in mutant.caught_by.items():
        first = shlex.split(selection)[0]
        if suite == "chaos":
            assert first.startswith("--")
            continue
        path, _, test = first.partition("::")
        assert (CHECKOUT / path).exists()
        assert (
            f"def {test.partition('[')[0]}(" in (CHECKOUT / path).read_text()
            or not test
        )
