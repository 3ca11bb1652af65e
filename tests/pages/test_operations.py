"""docs/operations*.md, section by section, on the application that docs/setup.md has made."""

from __future__ import annotations

import os

import pytest

from fixtures.bed.hosts import why_not
from tests.pages.administered import OPERATIONS, Administered
from tests.pages.blocks import typed

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.geteuid() == 0 and bool(why_not()), reason=f"the bed {why_not()}"
    ),
]
TABLESPACE = "3.1 A tablespace on a new file system"


def sections(page: str) -> list[str]:
    """Return the headings of *page* below which something is typed, in order."""
    return list(typed([path for path in OPERATIONS if path.stem == page]))


def begins_online(online: Administered) -> None:
    """See the state in which each section is begun."""
    rows = online.on("node1", "hvdisp -T userApplication").splitlines()
    shown = [row.split()[2:] for row in rows if row.startswith("app1 ")]
    assert shown == [["Online"]]


def test_starting_stopping_switching_and_what_is_looked_at(
    online: Administered,
) -> None:
    for heading in sections("operations"):
        begins_online(online)
        online.do(heading)


def test_maintenance(online: Administered) -> None:
    online.do(*sections("operations_maintenance"))

    begins_online(online)


def test_changes(online: Administered) -> None:
    with online.procedure(TABLESPACE) as steps:
        steps.run(8)
        online.lay_monitored("/mnt/swdsk2", "/mnt/monitor2")
        online.offer("offer")
        steps.run()
    for heading in sections("operations_changes")[1:]:
        begins_online(online)
        online.do(heading)
