"""docs/pacemaker.md: every command of it, on real Pacemaker."""

from __future__ import annotations

import re

import pytest

from fixtures.needs import missing
from fixtures.pacemaker import configuration
from fixtures.pacemaker.cluster import NODES
from fixtures.pacemaker.configuration import Instance
from tests.pacemaker.marks import MARKS
from tests.pacemaker.page import NAME, PAGE, nodes
from tests.pages.blocks import typed

pytestmark = MARKS
REGISTERED, CONFIGURED = "Registering the instance", "Configuring it with pcs"
BY_CRM = "The same with crm"
OPERATIONS = (
    "Moving it",
    "A node's standby",
    "A restart of the server",
    "Maintenance",
    "When it has failed",
)
REMOVED = "Removing it"


def test_every_command_stands_where_a_test_types_it() -> None:
    assert list(typed([PAGE])) == [REGISTERED, CONFIGURED, BY_CRM, *OPERATIONS, REMOVED]


@pytest.mark.timeout(2400)
def test_with_pcs_and_what_is_done_then() -> None:
    with nodes() as there:
        there.do(REGISTERED, CONFIGURED)
        began = there.made.status()
        there.do(*OPERATIONS)

        ended = there.made.status()
        assert ended.where(f"{NAME}_group") == began.where(f"{NAME}_group") == NODES[0]
        assert (ended.failures, ended.fenced) == ((), ())
        assert "cli-" not in there.made.pcs("constraint", "--full")

        there.do(REMOVED)
        for node in NODES:
            assert (there.run(node, "pgx_pclrsc -p"), there.said) == (0, "")


def test_what_is_typed_is_how_the_bed_is_configured() -> None:
    """But for how often a monitor comes, which is what tests wait for."""
    each = Instance(NAME, 0, "/mnt/data", "/dev/sdb1", "192.0.2.100")
    lines = [step.text.strip() for step in typed([PAGE])[CONFIGURED]]
    start = "pcs -f /run/pgxtest.xml "
    written = [line.removeprefix(start) for line in lines if line.startswith(start)]
    fences = configuration.fences(NODES)
    bed = [*fences, *configuration.DEFAULTS, *configuration.resources(each, 10)]

    assert sorted(map(_words, written)) == sorted(map(_words, bed))


def _words(line: str) -> str:
    return re.sub(" +", " ", line)


@pytest.mark.skipif(bool(missing("crm")), reason=missing("crm"))
def test_with_crm() -> None:
    with nodes() as there:
        there.do(REGISTERED, BY_CRM)
        assert there.made.wait_for(f"{NAME}_group", NODES[1])
