"""pgx_wizard apply where hvw does not do as it should: nothing is saved, nothing runs on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest

from fixtures.processes import wait_until
from pgx_wizard.apply import PATIENCE
from tests.fix_wizard import APPLICATIONS, Result, Wizard, manual


@pytest.fixture
def wizard(registered_wizard: Wizard) -> Wizard:
    return registered_wizard


def _hvws(wizard: Wizard) -> list[int]:
    """Return the fake hvws that run."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if wizard.hvw.encode() in file.read().split(b"\0"):
                    found.append(int(name))
        except (OSError, ValueError):
            continue
    return found


def _refused(wizard: Wizard, said: Result, words: str) -> None:
    assert said.returncode == 1, said.stderr
    assert words in said.stderr
    assert "Traceback" not in said.stderr
    assert "internal error" not in said.stderr
    assert _hvws(wizard) == []


def test_rms_must_be_stopped(wizard: Wizard) -> None:
    said = wizard.apply("manual", rms="pcl-vm14RMS")

    _refused(wizard, said, "RMS counts as running")
    assert wizard.held() == {}


def test_any_second_line_but_the_known_one_counts_as_running(wizard: Wizard) -> None:
    _refused(wizard, wizard.apply("manual", rms=" "), "RMS counts as running")


def test_another_node_is_refused_by_what_hvw_shows(wizard: Wizard) -> None:
    file = wizard.file(
        manual().replace('"pcl-vm13RMS", "pcl-vm14RMS"', '"pcl-vm14RMS", "pcl-vm13RMS"')
    )

    _refused(wizard, wizard.apply(file), "hvw runs on pcl-vm13")
    assert wizard.held() == {}


def test_another_configuration_is_refused(wizard: Wizard) -> None:
    file = wizard.file(manual().replace('"config"', '"other"'))

    _refused(wizard, wizard.apply(file), "hvw has configuration config, not other")


def test_other_machines_are_not_changed(wizard: Wizard) -> None:
    wizard.apply("manual")
    before = wizard.held()
    file = wizard.file(manual().replace("pcl-vm14RMS", "pcl-vm15RMS"))
    said = wizard.apply(file)
    assert "machines are not the nodes" in said.stderr  # check has an error already
    (wizard.directory / "registry").rename(wizard.directory / "away")

    _refused(wizard, wizard.apply(file), "its machines are pcl-vm13RMS, pcl-vm14RMS")
    assert wizard.held() == before


@pytest.mark.parametrize("value", ["class0001", "/mnt/swdsk1", "yes", "pgxtest"])
def test_a_value_that_hvw_refuses_ends_it(wizard: Wizard, value: str) -> None:
    said = wizard.apply("manual", refuse=value)

    _refused(wizard, said, f"hvw: ERROR: {value} cannot be used")
    assert wizard.held() == {}


def test_it_leaves_by_the_menus_where_they_have_a_way(wizard: Wizard) -> None:
    wizard.apply("manual")
    before = wizard.held()
    said = wizard.apply("manual_backup", refuse="class0002")

    _refused(wizard, said, "hvw: ERROR: class0002 cannot be used")
    assert "Left hvw without saving more." in said.stderr
    log = (wizard.directory / "pgx_wizard-APP1.log").read_text()
    assert log.rstrip().endswith("Choose an action: 2")
    assert wizard.held() == before


def test_what_hvw_does_not_offer_is_not_typed(wizard: Wizard) -> None:
    file = wizard.file(manual().replace("class0001", "class0009"))
    said = wizard.apply(file)

    _refused(wizard, said, "hvw does not offer class0009")
    assert "Run hvgdsetup -a" in said.stderr


def test_a_list_that_offers_nothing_but_free_text_is_no_reason_to_type(
    wizard: Wizard,
) -> None:
    """What hvw does not list is not on this node, and a typed name would hide that."""
    wizard.fake("--init", APPLICATIONS / "manual.toml")
    held = wizard.held()
    (wizard.state / "state.json").write_text(json.dumps(held | {"mount_points": []}))
    said = wizard.apply("manual")

    _refused(wizard, said, "hvw does not offer /mnt/monitor1")


def test_no_apply_rests_on_where_no_save_leads(wizard: Wizard) -> None:
    """No manual shows what NO-SAVE+EXIT does on the screen of a sub-application."""
    assert wizard.apply("manual", no_save=1).returncode == 0
    again = wizard.apply("manual", no_save=1)
    assert again.returncode == 0, again.stderr

    before = wizard.held()
    said = wizard.apply("manual", "--dry-run", no_save=1)
    assert said.returncode == 1
    assert "hvw ended unexpectedly: exit code 0; it printed last: " in said.stderr
    assert "internal error" not in said.stderr
    assert wizard.held() == before


@pytest.mark.parametrize("knob", ["strange", "message"])
@pytest.mark.parametrize("at", [1, 4, 9, 17, 40])
def test_an_unknown_screen_or_message_ends_it(
    wizard: Wizard, knob: str, at: int
) -> None:
    said = wizard.apply("manual", **{knob: at})

    _refused(wizard, said, "stopped at")
    assert wizard.held() == {}
    assert wizard.apply("manual").returncode == 0


@pytest.mark.parametrize("at", [1, 5, 30])
def test_a_hang_is_ended_after_the_time_that_was_set(wizard: Wizard, at: int) -> None:
    began = time.monotonic()
    said = wizard.apply("manual", "--timeout=1", hang=at)

    _refused(wizard, said, "hvw asked for nothing within 1 s")
    assert time.monotonic() - began < PATIENCE
    assert wizard.held() == {}


@pytest.mark.parametrize("early", [{}, {"early": 1}], ids=["at the end", "at once"])
@pytest.mark.parametrize("at", [2, 20, 35, 50, 60, 64])
def test_after_a_crash_a_second_run_goes_on(
    wizard: Wizard, at: int, early: dict[str, Any]
) -> None:
    said = wizard.apply("manual", crash=at, **early)
    _refused(wizard, said, "hvw ended unexpectedly: signal 9")
    again = wizard.apply("manual", **early)

    assert again.returncode == 0, again.stderr
    wizard.knobs()
    assert wizard.shown() == wizard.run("show", APPLICATIONS / "manual.toml").stdout


@pytest.mark.parametrize("knob", ["message", "crash"])
@pytest.mark.parametrize("at", [62, 63, 64, 65, 66])
def test_what_it_says_of_the_application_is_true(
    wizard: Wizard, knob: str, at: int
) -> None:
    """Around the application's own SAVE+EXIT, of which no answer may come."""
    said = wizard.apply("manual", **{knob: at})

    _refused(wizard, said, "")
    there = bool(wizard.held().get("applications"))
    assert there or "The application is saved." not in said.stderr
    assert not there or "The application was not saved" not in said.stderr


@pytest.mark.parametrize("action", ["generate", "activate"])
def test_trouble_told_by_generate_or_activate_ends_it(
    wizard: Wizard, action: str
) -> None:
    said = wizard.apply("manual", **{action: "ERROR: something does not fit"})

    _refused(wizard, said, "hvw tells of trouble")
    assert "something does not fit" in said.stderr
    assert "The application is saved." in said.stderr
    assert wizard.held()["activated"] == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_hvw(wizard: Wizard, number: signal.Signals) -> None:
    wizard.knobs(delay=0.5)  # it types for half a minute, unless it is ended
    program = [str(wizard.bin / "pgx_wizard"), "apply", "--hvw", wizard.hvw]
    process = subprocess.Popen(
        [*program, APPLICATIONS / "manual.toml"],
        env=wizard.environment(),
        cwd=wizard.directory,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    log = wizard.directory / "pgx_wizard-APP1.log"
    wait_until(lambda: log.exists() and "AutoStartUp" in log.read_text(), "it types")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert f"interrupted by {number.name}" in said
    assert "The application was not saved" in said
    assert wizard.held() == {}
    assert _hvws(wizard) == []


def test_a_killed_wizard_leaves_no_hvw(wizard: Wizard) -> None:
    wizard.knobs(hang=8)
    process = subprocess.Popen(
        [str(wizard.bin / "pgx_wizard"), "apply", "--hvw", wizard.hvw,
         str(APPLICATIONS / "manual.toml")],
        env=wizard.environment(), cwd=wizard.directory, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: _hvws(wizard) != [], "hvw runs")
    process.kill()
    process.wait()

    wait_until(lambda: _hvws(wizard) == [], "hvw has ended")


def test_nothing_is_typed_while_check_has_an_error(wizard: Wizard) -> None:
    file = wizard.file(manual().replace("noauto,ro", "noauto"))
    said = wizard.apply(file)

    _refused(wizard, said, "is not read-only")
    assert not (wizard.directory / "pgx_wizard-APP1.log").exists()
    assert wizard.held() == {}


@pytest.mark.parametrize("path", ["/nosuch/hvw", "/etc/passwd", "/"])
def test_a_program_that_cannot_be_started(wizard: Wizard, path: str) -> None:
    said = wizard.run("apply", APPLICATIONS / "manual.toml", "--hvw", path)

    _refused(wizard, said, f"could not start hvw: {path}")


@pytest.mark.parametrize("path", ["/bin/true", "/bin/false"])
def test_a_program_that_is_no_hvw(wizard: Wizard, path: str) -> None:
    said = wizard.run("apply", APPLICATIONS / "manual.toml", "--hvw", path)

    _refused(wizard, said, "hvw ended unexpectedly")


def test_the_transcript_has_all_screens(wizard: Wizard) -> None:
    wizard.apply("manual", "--transcript=t.log")
    text = (wizard.directory / "t.log").read_text()

    assert "Main configuration menu" in text
    assert "DiskClasses[0]=class0001" in text
    assert (wizard.directory / "t.log").stat().st_mode & 0o777 == 0o600


def test_a_transcript_through_a_link_is_refused(wizard: Wizard) -> None:
    (wizard.directory / "t.log").symlink_to("/etc/passwd")

    _refused(
        wizard,
        wizard.apply("manual", "--transcript=t.log"),
        "could not write transcript",
    )


def test_the_real_hvw_is_the_default(wizard: Wizard) -> None:
    said = wizard.run("apply", APPLICATIONS / "manual.toml")

    _refused(wizard, said, "could not start hvw: /opt/SMAW/SMAWRrms/bin/hvw")


def test_an_application_that_is_not_there_has_no_database_to_remove(
    wizard: Wizard,
) -> None:
    _refused(
        wizard, wizard.apply("manual", "--without-database"), "no application APP1"
    )
