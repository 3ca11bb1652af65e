"""pgx_wizard apply and what is at its other ends: hvw's output, the transcript, a reader."""

from __future__ import annotations

import subprocess

import pytest

from tests.fix_wizard import APPLICATIONS, Result, Wizard


@pytest.fixture
def wizard(registered_wizard: Wizard) -> Wizard:
    return registered_wizard


def _refused(said: Result, words: str) -> None:
    assert said.returncode == 1, said.stderr
    assert words in said.stderr
    assert "internal error" not in said.stderr


ENDLESS = "#!/bin/sh\nexec python3 -c 'while 1: print(1)'\n"


def test_a_program_that_prints_without_end_is_ended(wizard: Wizard) -> None:
    endless = wizard.directory / "endless"
    endless.write_text(ENDLESS)
    endless.chmod(0o755)
    manual_file = APPLICATIONS / "manual.toml"
    said = wizard.run("apply", manual_file, "--hvw", endless, "--timeout=2")

    _refused(said, "hvw asked for nothing within 2 s")


def test_a_transcript_on_a_full_disk_is_no_internal_error(wizard: Wizard) -> None:
    said = wizard.apply("manual", "--transcript=/dev/full")

    _refused(said, "could not write transcript: No space left on device")
    assert wizard.held() == {}


def test_a_reader_of_its_progress_who_leaves_does_not_end_it(wizard: Wizard) -> None:
    wizard.knobs(delay=0.01)
    process = subprocess.Popen(
        [str(wizard.bin / "pgx_wizard"), "apply", "--hvw", wizard.hvw,
         str(APPLICATIONS / "manual.toml")],
        env=wizard.environment(), cwd=wizard.directory, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()
    process.stderr.close()

    assert process.wait(60) == 0
    assert wizard.held()["activated"]
