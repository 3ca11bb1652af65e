"""fake-hvw's screens against the manual's transcripts, each of them, in the manual's order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.fake_hvw import session
from fixtures.fake_hvw.asking import Desk
from fixtures.fake_hvw.knobs import Knobs
from fixtures.fake_hvw.state import World, world_for
from pgx_wizard.core.file.reading import read
from tests.fix_wizard import ROOT, manual

TRANSCRIPTS = ROOT / "fixtures" / "hvw_screens" / "appendix_a.txt"

# Misprints of the manual, and nothing else in which a screen may differ.
MISPRINTS = [
    (r"\bAPP[Ll]\b", "APP1"),
    (r"_APPl\b", "_APP1"),
    (r"\bappl\b", "app1"),
    (r"\bFRECHOICE\b", "FREECHOICE"),
    (r"Application-Creat\b", "Application-Create"),
    (r"10\) MountPoints\[3\]=LA:/mnt/monitor3", "10) MountPoints[4]=LA:/mnt/monitor3"),
    (r"10\) MountPoints\[3\]=LA:/mnt/swdsk3", "11) MountPoints[5]=LA:/mnt/swdsk3"),
]
# A.2.3, step 3, counts two lines as 10: what stands behind them is one too low.
BEHIND = {
    "A.2.3 3": [(r"11\) \(Filter", "12) (Filter"), (r"12\) \(Timeout", "13) (Timeout")]
}


@dataclass(frozen=True)
class Drawn:
    """A screen apart from its columns: header, items by number, prompt."""

    header: str
    items: tuple[tuple[int, str], ...]
    prompt: str


def _drawn(text: str) -> Drawn:
    *lines, prompt = text.rstrip().splitlines()
    prompt = re.sub(r":\s*\d*$", ":", prompt.strip())
    header = [line.strip() for line in lines if not re.match(r"\s*\d+\) ", line)]
    items = [
        (int(number), " ".join(label.split()))
        for line in lines
        for number, label in re.findall(r"(?:^|\s)(\d+)\) (.*?)(?=\s+\d+\) |$)", line)
    ]
    return Drawn(" ".join(header), tuple(sorted(items)), prompt)


def _transcripts() -> dict[str, Drawn]:
    found = {}
    for part in TRANSCRIPTS.read_text().split("\n@ ")[1:]:
        step, text = part.split("\n", 1)
        for wrong, right in [*MISPRINTS, *BEHIND.get(step, [])]:
            text = re.sub(wrong, right, text)
        found[step] = _drawn(text)
    return found


# What is typed at each screen; a screen of the manual's is named, others are not.
A1 = """
A.1.2 1:3  A.1.2 2:8  A.1.2 3:6  A.1.2 4:5  A.1.2 5:4
A.1.2 6:   A.1.2 8:15 A.1.2 9:3  A.1.2 10:16
-:6 -:7 -:8 A.1.2 11:3
A.1.2 12:18 A.1.2 13:4 A.1.2 14:20 A.1.2 15:4 A.1.2 16:21
-:5 -:6 -:7 A.1.2 17:3
A.1.2 18:25 A.1.2 19:3 A.1.2 20:3 A.1.2 21:
A.1.3 1:16 A.1.3 2:5 A.1.3 3:4 A.1.3 5:8 -:4 A.1.3 6:3
A.1.4 1:10 A.1.4 2:5 A.1.4 3:4 A.1.4 4:3
A.1.5 1:13 A.1.5 2:5 A.1.5 3:4 A.1.5 4:3 A.1.5 5:3
A.1.6 1:15 A.1.6 2:5 A.1.6 3:5 A.1.6 4:3
-:5 -:6 -:3
-:5 A.1.6 5:7 A.1.6 6:8 A.1.6 7:8 -:3
-:5 -:8 -:3
A.1.6 8:3 A.1.6 9:3
A.1.7 1:7 A.1.7 2:8 A.1.7 3:
"""
A2 = """
A.2.1 2:4 A.2.1 3:5
A.2.2 1:16 A.2.2 2:5 A.2.2 3:5 A.2.2 4:3 A.2.2 5:
A.2.3 1:15 A.2.3 2:5 -:7 -:3 -:5 -:10 -:3 A.2.3 3:3
A.2.4 1:3 A.2.4 2:3 A.2.4 3:7 A.2.4 4:8 A.2.4 5:
"""
STEPS = re.compile(r"(A\.\d\.\d \d+|-):(\d*)")


def _world() -> World:
    application, _ = read(manual())
    assert application is not None
    return world_for(application)


def _walk(desk: Desk, road: str) -> dict[str, Drawn]:
    """Return the screens that were drawn, by the step of the manual that shows them."""
    talk, found = session.run(desk, lambda: None), {}
    screen = next(talk)
    for step, typed in STEPS.findall(road):
        if step != "-":
            found[step] = _drawn(screen)
        if typed:
            screen = talk.send(typed)
    return found


@pytest.fixture
def walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Drawn]:
    """Both procedures, on a node where pgxtest is registered."""
    (tmp_path / "pgxtest").mkdir()
    monkeypatch.setenv("PGX_PCLRSC_HOME", str(tmp_path))
    desk = Desk(_world(), Knobs())
    found = _walk(desk, A1)
    # Between A.1 and A.2: a disk class and two file systems were added.
    desk.world.disk_classes.append("class0002")
    desk.world.mount_points[2:2] = ["/mnt/monitor3"]
    desk.world.mount_points.append("/mnt/swdsk3")
    return found | _walk(desk, A2)


@pytest.mark.parametrize("step", _transcripts())
def test_a_screen_is_the_manuals(step: str, walked: dict[str, Drawn]) -> None:
    assert walked[step] == _transcripts()[step]


def test_every_screen_of_the_appendix_is_held_to() -> None:
    assert len(_transcripts()) == 61
