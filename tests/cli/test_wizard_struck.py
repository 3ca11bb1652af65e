"""pgx_wizard apply, struck by a signal at its N-th line: it ends soon, and tells the truth."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import pytest

from pgx_wizard import apply, interruption, terminal
from pgx_wizard.core import request
from tests.fix_wizard import APPLICATIONS, Wizard
from tests.struck_lines import Lines

STRUCK = {str(module.__file__) for module in (apply, terminal, interruption)}
PLACES = 40


def _applied(wizard: Wizard, lines: Lines) -> int:
    words = ["apply", str(APPLICATIONS / "manual.toml"), "--hvw", wizard.hvw]
    asked = request.parse([*words, f"--transcript={wizard.directory / 'transcript'}"])
    heard = signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # it is heard later, or is over
    try:
        with lines.counted():
            return apply.run(asked)[0]
    except interruption.Interrupted:
        return apply.FAILED  # hvw has not asked yet
    finally:
        signal.signal(signal.SIGTERM, heard)


def _fresh(wizard: Wizard, name: str, monkeypatch: pytest.MonkeyPatch) -> Wizard:
    """Return the same programs with an hvw that holds nothing."""
    directory = wizard.directory / name
    directory.mkdir()
    one = Wizard(wizard.bin, directory)
    one.register()
    for key, value in one.environment().items():
        monkeypatch.setenv(key, value)
    return one


def _descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_wherever_a_signal_strikes_hvw_is_left_and_what_is_said_is_true(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = Lines(STRUCK)
    assert _applied(_fresh(wizard, "whole", monkeypatch), whole) == apply.DONE
    capfd.readouterr()
    opened = _descriptors()
    interrupted = 0
    for at in range(1, whole.count, whole.count // PLACES):
        one = _fresh(wizard, f"at-{at}", monkeypatch)
        code = _applied(one, Lines(STRUCK, at))
        said = capfd.readouterr().err

        held = one.held()
        if code == apply.DONE:
            assert held["activated"], at
            continue
        interrupted += 1
        _judge(said, held, at)
    assert interrupted > PLACES // 2
    assert _descriptors() == opened


def _judge(said: str, held: dict[str, Any], at: int) -> None:
    assert apply.SILENT not in said, (at, said)  # it was waited for in vain
    if "was not saved" in said:
        assert not held.get("applications"), (at, said)
    elif "The application is saved" in said:
        assert held["applications"], (at, said)
    assert not re.search("internal error|Traceback", said), (at, said)
