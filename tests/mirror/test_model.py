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
