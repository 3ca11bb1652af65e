"""What hvw has activated is what RMS starts: devices from fstab.pcl, the rest from hvw."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.commands import command
from fixtures.fake_hvw import lines as hvw_lines
from fixtures.fake_hvw import state
from fixtures.fake_hvw.state import App, Sub, World
from fixtures.fake_rms import activated, held, pretend
from fixtures.fake_rms.activated import Hvw
from fixtures.fake_rms.model.config import Flags, Object
from fixtures.fake_rms.model.names import Kind, Script
from fixtures.fake_rms.problems import Wrong, lines
from fixtures.fake_rms.reader import Reader
from pgx_wizard.core.parts.database import CMDLINE_FLAGS
from pgx_wizard.core.parts.file_systems import MOUNT_FLAGS

FSTAB_PCL = """\
# a comment
/dev/sfdsk/class0009/dsk/volume0009 /mnt/swdsk1 ext4 noauto 0 0
#RMS#/dev/sfdsk/class0001/dsk/volume0002 /mnt/monitor1 ext3 noauto,ro 0 0
#RMS#/dev/sfdsk/class0001/dsk/volume0001 /mnt/swdsk1 ext3 noauto 0 0
#RMS:app1#/dev/sfdsk/class0002/dsk/volume0001 /mnt/swdsk2 ext3 noauto,noatime 0 0
#RMS:app2#/dev/sfdsk/class0003/dsk/volume0001 /mnt/swdsk2 ext3 noauto 0 0
"""


def mount(name: str, *flags: str) -> dict[str, Any]:
    return {"name": name, "flags": ["LOCAL", *flags]}


def application(**subs: Sub) -> App:
    labels = {kind.prefix: kind.label for _, kind in hvw_lines.TURNKEY if kind}
    held_subs = {labels[prefix]: sub for prefix, sub in subs.items()}
    return App("APP1", ["pcl-vm13RMS", "pcl-vm14RMS"], has_basics=True, subs=held_subs)


def whole() -> App:
    command_entry = {
        "StartCommands": "/opt/bin/pgx_online pgxtest",
        "StopCommands": "/opt/bin/pgx_offline pgxtest",
        "CheckCommands": "/opt/bin/pgx_check pgxtest",
        "flags": ["ALLEXITCODES", "CLUSTEREXCLUSIVE"],
        "timeout": "3600",
    }
    mounts = ["/mnt/monitor1", "/mnt/swdsk1", "/mnt/swdsk2"]
    return application(
        Gds=Sub([{"name": "class0001"}], {"AutoRecover": "no", "Timeout": "1800"}),
        Gls=Sub([{"name": "takeoverip", "flags": ["AUTORECOVER"]}], {"Timeout": "90"}),
        Lfs=Sub([mount(m, "AUTORECOVER") for m in mounts], {"Timeout": "200"}),
        Cmd=Sub([command_entry]),
    )


def tables(app: App, fstab_pcl: str | None = FSTAB_PCL) -> dict[str, Any]:
    return held.table(app, fstab_pcl)


def objects(app: App) -> dict[str, Object]:
    table = tables(app, None)
    return dict(
        Reader("state.json", None, table, pretend.commands).read().application.objects
    )


def test_devices_options_and_monitors_come_from_fstab_pcl() -> None:
    """The lines behind #RMS# alone, of this application or of any."""
    found = tables(whole())["file_systems"]["mount"]

    assert [each["device"] for each in found] == [
        "/dev/sfdsk/class0001/dsk/volume0002",
        "/dev/sfdsk/class0001/dsk/volume0001",
        "/dev/sfdsk/class0002/dsk/volume0001",
    ]
    assert found[1]["monitored_by"] == "/mnt/monitor1"
    assert "monitored_by" not in found[0]
    assert "monitored_by" not in found[2]  # of another class


def test_a_monitoring_file_system_behind_the_others_monitors_none_of_them() -> None:
    app = whole()
    app.subs["LocalFileSystems"].entries.reverse()

    assert not [m for m in tables(app)["file_systems"]["mount"] if "monitored_by" in m]


def test_the_command_is_what_hvw_holds_with_its_flags_and_its_time() -> None:
    made = objects(whole())["Cmdline000_Cmd_APP1"]

    assert made.scripts[Script.ONLINE] == "/opt/bin/pgx_online pgxtest"
    assert made.check == "/opt/bin/pgx_check pgxtest"
    assert (made.online_timeout, made.offline_timeout) == (3600, 3600)
    assert made.flags == Flags(all_exit_codes=True, cluster_exclusive=True)


def test_time_outs_and_flags_of_every_sub_application_count() -> None:
    made = objects(whole())

    assert made["Gds000_Gds_APP1"].online_timeout == 1800
    assert made["Fsystem002_Lfs_APP1"].online_timeout == 200
    assert made["Gls000_Gls_APP1"].offline_timeout == 90
    assert made["Gls000_Gls_APP1"].flags.auto_recover
    assert not made["Gds000_Gds_APP1"].flags.auto_recover
    assert made["Fsystem000_Lfs_APP1"].flags.auto_recover


NAMES = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), unique=True, max_size=5
)
FLAG_SETS = st.sets(st.sampled_from(sorted(set(MOUNT_FLAGS) - {"LOCAL"})))


@given(NAMES, NAMES, st.data(), st.sets(st.sampled_from(sorted(CMDLINE_FLAGS))))
def test_every_resource_of_hvws_lists_is_started_in_their_order(
    classes: list[str], points: list[str], data: st.DataObject, flags: set[str]
) -> None:
    mounts = [mount(f"/mnt/{name}", *data.draw(FLAG_SETS)) for name in points]
    app = whole()
    app.subs["Gds:Global-Disk-Services"].entries = [{"name": n} for n in classes]
    app.subs["LocalFileSystems"].entries = mounts
    app.subs["CommandLines"].entries[0]["flags"] = sorted(flags)
    for label in [label for label, sub in app.subs.items() if not sub.entries]:
        del app.subs[label]  # hvw cannot activate an empty one
    made = objects(app)

    kinds = [name[:3] for name, o in made.items() if o.kind is Kind.RESOURCE]
    wanted = ["Gds"] * len(classes) + ["Fsy"] * len(points) + ["Gls", "Cmd"]
    assert kinds == wanted
    for number, entry in enumerate(mounts):
        resource = made[f"Fsystem{number:03}_Lfs_APP1"]
        assert entry["name"].rpartition("/")[2] in resource.scripts[Script.ONLINE]
        assert resource.flags.monitor_only is ("MONITORONLY" in entry["flags"])
        assert resource.flags.auto_recover is ("AUTORECOVER" in entry["flags"])
    command_flags = made["Cmdline000_Cmd_APP1"].flags
    unseen = "NULLDETECTOR" in flags  # then no other flag counts
    assert command_flags.all_exit_codes is ("ALLEXITCODES" in flags and not unseen)
    assert command_flags.null_detector is ("NULLDETECTOR" in flags)


# --- what cannot be started -------------------------------------------------------


def refused(directory: Path, fstab_pcl: Path | None = None) -> list[str]:
    with pytest.raises(Wrong) as caught:
        activated.read(Hvw(directory, fstab_pcl), pretend.commands)
    return lines("fake-rms", caught.value.problems)


def keep(directory: Path, *apps: App) -> Path:
    held_apps = {app.name: app for app in apps}
    state.save(World(applications=held_apps, activated=held_apps), directory)
    return directory


def test_nothing_activated(tmp_path: Path) -> None:
    first = refused(tmp_path)

    assert first[0].endswith("state.json: no configuration is activated")
    assert "Configuration-Activate" in first[1]


@pytest.mark.parametrize("text", ["{", "[]", '{"nothing": 1}', "1", '{"activated": 1}'])
def test_a_state_of_another_kind(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)

    assert "not the state of a fake hvw" in refused(tmp_path)[0]


def test_every_trouble_of_every_application_is_told(tmp_path: Path) -> None:
    other, third = whole(), whole()
    other.name, third.name = "APP2", "APP3"
    other.subs["Symfoware"] = Sub([{"ResourceName": "pgxtest"}])
    third.subs["CommandLines"].entries[0]["timeout"] = "soon"
    table = tmp_path / "fstab.pcl"
    table.write_text(FSTAB_PCL.replace("/mnt/swdsk1", "/mnt/swdsk9"))
    said = "\n".join(refused(keep(tmp_path, whole(), other, third), table))

    assert "file system /mnt/swdsk1 has no line in fstab.pcl" in said
    assert "application APP2 has its database under Symfoware" in said
    assert said.count("error") == 3


def test_a_time_that_is_none_is_told(tmp_path: Path) -> None:
    app = whole()
    app.subs["LocalFileSystems"].values["Timeout"] = "soon"

    assert '"Timeout" must be a number' in refused(keep(tmp_path, app))[0]


# --- typed at ---------------------------------------------------------------------


def rms(*words: object, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command("fake-rms"), *map(str, words)],
        env={**os.environ, "FAKE_RMS_STATE": str(home)},
        text=True,
        capture_output=True,
        timeout=60,
    )


def test_a_cluster_is_started_from_hvws_directory(tmp_path: Path) -> None:
    app = whole()
    for key in ("StartCommands", "StopCommands", "CheckCommands"):
        app.subs["CommandLines"].entries[0][key] = "/bin/true"
    keep(tmp_path / "hvw", app)
    home = tmp_path / "rms"
    said = rms("start", "--hvw", tmp_path / "hvw", home=home)
    try:
        assert said.returncode == 0, said.stderr
        shown = rms("watch", "--once", home=home).stdout
        assert "Cmdline000_Cmd_APP1" in shown
        assert "app1" in shown
    finally:
        rms("stop", home=home)


def test_what_was_changed_since_it_was_activated_is_told(tmp_path: Path) -> None:
    keep(tmp_path, whole())
    world = json.loads((tmp_path / "state.json").read_text())
    world["applications"] = {}
    (tmp_path / "state.json").write_text(json.dumps(world))

    assert activated.is_behind(Hvw(tmp_path))


@pytest.mark.parametrize("words", [[], ["--fstab-pcl", "x", "y.toml"]])
def test_a_command_line_without_sense(tmp_path: Path, words: list[str]) -> None:
    said = rms("start", *words, home=tmp_path)

    assert said.returncode == 1
    assert said.stderr.startswith("fake-rms: error: ")
