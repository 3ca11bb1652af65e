"""What the agent's exit codes make real Pacemaker do."""

from __future__ import annotations

from pathlib import Path

from fixtures.pacemaker.cluster import NODES, Cluster, cluster
from fixtures.pacemaker.stack import PATIENT
from tests.pacemaker.marks import MARKS

pytestmark = MARKS
NAME, GROUP = "pgxtest", "pgxtest_group"
FIRST, SECOND = NODES


def definition(made: Cluster, node: str) -> Path:
    """Return where *node* has the definition."""
    return made.home / node / "registry" / NAME / "definition.toml"


def came_back(made: Cluster) -> str:
    """Have it move to the second node; once it is back, return what has failed there."""
    made.move(GROUP, SECOND)
    made.wait(lambda: made.status().failures, "the start there has failed")
    made.wait_for(GROUP, FIRST)
    (failed,) = made.status().failures
    assert (failed.action, failed.node, failed.code) == ("start", SECOND, 5)
    made.unmove(GROUP)
    made.pcs("resource", "cleanup", NAME)
    made.wait(lambda: not made.status().failures, "the failure is forgotten")
    return failed.reason


def test_a_node_that_lacks_something_is_given_up_and_not_fenced() -> None:
    """Its start is 5; the stop that follows finds nothing that was started.

    Also where it was Online before: what is under /run says then that it was stopped.
    """
    with cluster(token=PATIENT) as made:
        made.configure()
        made.wait_for(GROUP, FIRST)
        path = definition(made, SECOND)
        text = path.read_text()
        for _ in range(2):
            path.write_text("name = ")
            assert "could not read definition" in came_back(made)
            path.parent.rename(path.parent.with_name(".away"))
            assert f'resource "{NAME}" does not exist' in came_back(made)
            path.parent.with_name(".away").rename(path.parent)
            path.write_text(text)

            made.move(GROUP, SECOND)
            made.wait_for(GROUP, SECOND)
            made.move(GROUP, FIRST)
            made.wait_for(GROUP, FIRST)
            made.unmove(GROUP)

        assert made.fencing.done == []
        assert made.status().failures == ()


def test_a_name_that_can_be_none_is_given_up_everywhere() -> None:
    """6: it is not even tried on the other node, and nobody is fenced."""
    with cluster(token=PATIENT) as made:
        words = [
            line.replace(f"name={NAME} ", "name=no-name ") for line in made.usual()
        ]
        made.configure(words)
        made.wait(lambda: made.status().failures, "it is refused")
        made.wait_for("pgxtest_ip", FIRST)
        made.wait(lambda: not made.status().resources[NAME].active, "it is stopped")

        assert {failed.code for failed in made.status().failures} == {6}
        assert made.fencing.done == []
