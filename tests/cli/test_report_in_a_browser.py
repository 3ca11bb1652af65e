"""A report as a browser without a display shows it: light, dark, and on paper."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.needs import missing
from tests import png
from tests.png import Colour
from tests.report_pages import drawn, fault_reason
from tests.traces import failover

EVIL = "</title></style><script>document.title='taken'</script><img src=x onerror=alert(1)>"
# What style.py calls ground, good, bad and busy.
LIGHT = ("fcfcfb", "3f9160", "cc3b31", "4a7fc9")
DARK = ("14171b", "4aa974", "ea675c", "6d9ee0")


def page(where: Path) -> Path:
    """Write a report of a failover, with a hostile message."""
    trace = failover()
    trace.online(code=1, problem=EVIL)
    trace.online()
    trace.answers(20, took=700.0)
    rms = fault_reason(trace.read().faults[0].at + 2)
    path = where / "report.html"
    path.write_text(drawn(trace.text, trace.now, rms))
    return path


def browse(where: Path, file: Path, *options: str) -> str:
    """Have the browser open *file*; return what it prints."""
    if reason := missing("chromium"):
        pytest.skip(reason)
    words = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={where / 'profile'}",
        *options, file.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=where,
        env={"PATH": "/usr/bin:/bin", "HOME": str(where), "LANG": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rgb(colour: str) -> Colour:
    """Return *colour*, as style sheets write it."""
    red, green, blue = bytes.fromhex(colour)
    return red, green, blue


@pytest.mark.parametrize(
    ("scheme", "colours"), [("light", LIGHT), ("dark", DARK)], ids=["light", "dark"]
)
def test_a_report_is_seen_in_light_and_dark(
    scheme: str, colours: tuple[str, ...], tmp_path: Path
) -> None:
    shot = tmp_path / "shot.png"
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    options = [f"--screenshot={shot}", "--window-size=1000,1500", *dark]
    browse(tmp_path, page(tmp_path), *options)
    picture = png.read(shot.read_bytes())
    seen = picture.colours()

    assert (picture.width, picture.height) == (1000, 1500)
    ground, *tones = map(rgb, colours)
    assert seen.most_common(1)[0][0] in (ground, rgb(colours[0]))
    assert seen[ground] > 0.2 * picture.width * picture.height
    # The timeline's green, the fault's red, and the plot's blue.
    assert [tone for tone in tones if seen[tone] < 20] == []
    assert len(seen) > 50  # letters


def test_a_report_runs_and_loads_nothing(tmp_path: Path) -> None:
    shown = browse(tmp_path, page(tmp_path), "--dump-dom")

    assert "<title>pg1 on node1RMS</title>" in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;document.title" in shown


def test_a_report_can_be_printed(tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"
    browse(
        tmp_path, page(tmp_path), f"--print-to-pdf={paper}", "--no-pdf-header-footer"
    )

    assert paper.read_bytes().startswith(b"%PDF-")
    assert (
        paper.read_bytes().count(b"/Type /Page\n")
        + paper.read_bytes().count(b"/Type /Page ")
        > 1
    )
