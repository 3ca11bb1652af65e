"""Runs a procedure of docs/recovery*.md on a stage, command by command, as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.processes import wait_until
from tests.pages.blocks import ROOT, Command, typed
from tests.pages.played import Steps, agree, placed
from tests.pages.stage import PATIENCE, Stage

PAGES = tuple(sorted((ROOT / "docs").glob("recovery*.md")))
# What only looks is asked again until it says what the page has.
LOOKS = ("hvdisp", "pgx_pclrsc --status", "grep", "tail", "timeout")


class Recovering(Steps):
    """One procedure on *stage*; all of it must be run."""

    def __init__(self, stage: Stage, heading: str) -> None:
        super().__init__(typed(PAGES)[heading], self._step)
        self.stage = stage
        self.said = ""  # by the last command

    def _step(self, step: Command) -> None:
        if not step.text.startswith(LOOKS):
            assert self._agrees(step), (step.at, step.seen, self.said)
            return
        try:
            wait_until(lambda: self._agrees(step), step.at, PATIENCE, 0.2)
        except TimeoutError as ex:
            ex.add_note(f"wanted: {step.seen}\nsaid: {self.said}")
            raise

    def _agrees(self, step: Command) -> bool:
        node = f"{step.host}RMS"
        places = self.stage.places(node)
        wanted = tuple(placed(line, places) for line in step.seen)
        done = self.stage.typed(node, placed(step.text, places), root=step.root)
        self.said = done.stdout
        if not step.text.startswith(LOOKS):
            refused = any("error:" in line for line in wanted)
            assert (done.returncode != 0) == refused, (step.at, done)
        return agree(wanted, self.said)


@contextmanager
def procedure(heading: str, stage: Stage) -> Iterator[Recovering]:
    """Have the procedure *heading* run on *stage*; in the end no command of it may be left."""
    made = Recovering(stage, heading)
    yield made
    made.ended()
