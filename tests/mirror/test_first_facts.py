"""What a controller knows when it begins."""

from __future__ import annotations

import pytest

from pgx_mirror.controller.jobs.files import Survey
from pgx_mirror.controller.jobs.instance import Found
from pgx_mirror.controller.kept import Kept
from pgx_mirror.controller.start import first_facts
from pgx_mirror.core.facts import ARBITRATION, Facts, Terms
from pgx_mirror.core.known import ending
from pgx_mirror.core.known.ending import HAND_EDITED
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC, Mark
from pgx_mirror.core.report import NAMES_BARRIER, NAMES_OUT, NAMES_SET


def begun(state: str, names: str) -> Facts:
    mark = Mark("a", "1" * 32, "77", 3, state)
    nothing_runs = Found(None, 0, state == SYNC)
    survey = Survey(
        mark, None, "", state == SYNC, names, "b", "", "77", 15, nothing_runs
    )
    return first_facts(Terms("a", "b", ARBITRATION, "life"), survey, Kept())


def test_names_that_were_taken_out_while_no_controller_was_there_end_the_epoch() -> (
    None
):
    facts = begun(PAIR, NAMES_OUT)

    assert ending.why_end(facts, facts.began) == HAND_EDITED


@pytest.mark.parametrize(
    "state, names",
    [
        (PAIR, NAMES_SET),
        (PAIR, NAMES_BARRIER),  # killed between its mark and the standby's name
        (ALONE, NAMES_OUT),
        (GIVEN, NAMES_OUT),
        (SYNC, NAMES_OUT),
    ],
)
def test_nothing_else_that_is_found_ends_one(state: str, names: str) -> None:
    assert not begun(state, names).ending
