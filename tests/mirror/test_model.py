"""The protocol's model comes out as it says: the quick scenarios; `make model` has all."""

from __future__ import annotations

import pytest

from tests.mirror import model

model.scenarios()


@pytest.mark.parametrize("name", model.QUICK)
def test_a_scenario_comes_out_as_expected(name: str) -> None:
    lines, as_expected, _, _ = model.run(name)

    assert as_expected, "\n".join(lines)


def test_every_kind_of_end_is_among_the_quick_ones() -> None:
    expected = {model.SCENARIOS[name][0] for name in model.QUICK}

    assert expected == {"safe", "violation", "stuck"}


def test_the_document_has_a_row_for_each_scenario_and_no_other() -> None:
    """What came out is compared by each run, here for the quick ones."""
    told = {name: line.split(" | ")[:2] for name, line in model.counted().items()}
    told.pop("scenario")
    told.pop("---")

    assert told == {
        name: model.row(name, "").split(" | ")[:2] for name in model.SCENARIOS
    }


def test_counts_that_are_not_the_documents_are_told() -> None:
    name = "bug-force-blind"
    there = model.SCENARIOS[name]
    model.scenario(name, "violation", "message", operator="blind", epochs=3)
    try:
        lines, as_expected, _, _ = model.run(name)
    finally:
        model.SCENARIOS[name] = there

    assert not as_expected
    assert "pair_model.md has it otherwise" in "\n".join(lines)


def test_a_scenario_that_is_not_there_is_no_success() -> None:
    assert model.main(["no-such"]) == 2


def test_a_scenario_that_comes_out_otherwise_is_told() -> None:
    """The exit code rests on this: a bug that nobody finds must not pass for a proof."""
    model.scenario("told-otherwise", "safe", "arbiter", bugs=["release_first"])
    try:
        lines, as_expected, _, kinds = model.run("told-otherwise")
    finally:
        del model.SCENARIOS["told-otherwise"]

    assert not as_expected
    assert "UNEXPECTED" in lines[0]
    assert kinds == set()
