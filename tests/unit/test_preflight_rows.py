"""Each check of `pgx_pclrsc --check`: what is right, what is warned of, what is an error."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from pgx_pclrsc.preflight.core.disk_facts import (
    Data,
    Device,
    Entry,
    FileSystems,
    Lies,
    Mounted,
    Place,
    Space,
    Work,
)
from pgx_pclrsc.preflight.core.facts import (
    Account,
    Answer,
    BootStart,
    Collation,
    Facts,
    HugePages,
    Instance,
    Library,
    Listening,
    Locale,
    Named,
    NamedPath,
    Programs,
    Services,
    Setting,
)
from pgx_pclrsc.preflight.core.rows import table
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.core.verdict import LEVELS
from tests.preflight_facts import DATA, DISK, LIES, SOUND, VOLUME, conf
from tests.unit.import_graph import ROOT

KEY = "/etc/ssl/pg.key"
HUNG, AWAY = Unknown("no answer within 5 s"), Unknown("not mounted", expected=True)


def of(**changed: Any) -> Facts:
    """Return sound facts with some *changed*; those of a part by `part__field`."""
    facts = SOUND
    for name, value in changed.items():
        part, _, field = name.partition("__")
        old = getattr(facts, part)
        facts = replace(
            facts, **{part: replace(old, **{field: value}) if field else value}
        )
    return facts


def entry(point: str = DISK, options: str = "noauto", rms: bool = False) -> Entry:
    file = "/etc/fstab.pcl" if rms else "/etc/fstab"
    return Entry(file, VOLUME, point, "ext4", (options,), rms)


def lies(point: str, kind: str = "ext4", problem: str = "") -> tuple[Place, ...]:
    return (Place(Space("data", DATA), Lies(point, kind, "", "", problem)),)


def entries(*told: Entry) -> FileSystems:
    return FileSystems(told, (Mounted(DISK, "ext4", VOLUME),))


def named(problem: str = "", encrypted: bool = False) -> tuple[NamedPath, ...]:
    seen = Named("ssl_key_file", KEY, problem, encrypted)
    return (NamedPath("ssl_key_file", KEY, seen),)


STOPPED: dict[str, Any] = {"instance": Instance(()), "answers": ()}
FREE = Listening((), ())
HUGE = conf(huge_pages="on", shared_buffers="1GB")

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("user", {"account": Account(False)}, "error", "does not exist"),
    ("user", {"account__uid": 27}, "error", "its uid is 27; registered is 26"),
    ("user", {"account__gid": 27}, "error", "its gid"),
    ("user", {"account__home": "/x"}, "error", "its home directory"),
    ("user", {"account__groups": (26, 5)}, "warning", "groups"),
    ("user", {"account": HUNG}, "warning", "not seen: no answer"),
    ("node", {"machine__node": "otherRMS"}, "error", "otherRMS"),
    ("node", {"registered__nodes": ("node1RMS",)}, "warning", "one node"),
    ("installed", {"closed": "/root"}, "error", "/root"),
    ("programs", {"programs": Programs("", "", "", "", "none")}, "error", "none"),
    ("programs", {"programs": AWAY}, "ok", "not seen: not mounted"),
    ("work_directory", {"work": Work(False)}, "error", "not there"),
    ("work_directory", {"work__owner": 0}, "error", "uid 0"),
    ("work_directory", {"work__mode": 0o750}, "error", "0750"),
    ("work_directory", {"work__directory": False}, "error", "no directory"),
    ("work_directory", {"work__problem": "closed"}, "error", "closed"),
    ("work_directory", {"work": HUNG}, "error", "no answer"),
    ("work_room", {"work__free_kb": 20479}, "warning", "19 MB are free"),
    ("work_room", {"work__free_kb": 480, "work__traces_kb": 20000}, "ok", "room"),
    ("remove_ipc", {"registered__uid": 1000, "machine__remove_ipc": "yes"}, "error", "1000"),
    ("remove_ipc", {"registered__uid": 1000}, "ok", "leaves"),
    ("remove_ipc", {"machine__remove_ipc": "yes"}, "ok", "leaves"),
    ("boot_start", {"boot": (BootStart("pg.service", "/etc/x"),)}, "error", "pg.service"),
    ("data_directory", {"data": Data(0, 0, 0, "", 0, (), "empty")}, "error", "empty"),
    ("data_directory", {"data__owner": 0}, "error", "uid 0"),
    ("data_directory", {"data__mode": 0o770}, "error", "0770"),
    ("data_directory", {"data__mode": 0o750}, "ok", "OS user's"),
    ("data_directory", {"data": HUNG}, "error", "no answer"),
    ("data_directory", {"data": AWAY}, "ok", "not mounted"),
    ("shared_disk", {"places": lies("/")}, "error", "this node's own"),
    ("shared_disk", {"places": lies(DISK, "tmpfs")}, "error", "tmpfs"),
    ("shared_disk", {"places": lies(DISK, "nfs4")}, "warning", "both nodes"),
    ("shared_disk", {"places": lies("/mnt/x")}, "warning", "neither fstab"),
    ("shared_disk", {"places": lies(DISK, problem="gone")}, "error", "gone"),
    ("shared_disk", {"places": (Place(Space("16385", "/t"), HUNG),)}, "error", "tablespace 16385"),
    ("shared_disk", {"places": AWAY}, "ok", "not mounted"),
    ("fstab", {"file_systems": entries(entry(options="defaults"), entry(rms=True))}, "error", "mounts /mnt/data when the node starts"),
    ("fstab", {"file_systems": entries(entry())}, "warning", "#RMS#"),
    ("fstab", {"file_systems": entries(entry(rms=True))}, "warning", "none in fstab itself"),
    ("fstab", {"file_systems": entries(), "places": lies("/")}, "warning", "no mount point"),
    ("fstab", {"file_systems__unread": "closed"}, "warning", "closed"),
    ("fstab", {"file_systems": entries(entry(), replace(entry(rms=True), source="/dev/x"))}, "error", "several devices"),
    ("multi_mount", {"devices": (Device(VOLUME, "ext4", False),)}, "warning", "no multi-mount"),
    ("multi_mount", {"devices": (Device(VOLUME, "xfs", False),)}, "ok", "xfs"),
    ("multi_mount", {"devices": (HUNG,)}, "warning", "no answer"),
    ("multi_mount", {"devices": ()}, "ok", "no device"),
    ("work_local", {"registered__work_directory": f"{DISK}/w"}, "error", "not mounted at the start"),
    ("work_local", {"work__point": DISK}, "warning", "file system of the data"),
    ("work_local", {"work__kind": "tmpfs"}, "warning", "tmpfs"),
    ("configuration", {"configuration": replace(conf(), settings=(Setting("", "", "postgresql.conf, line 3", "it is a syntax error"),))}, "error", "line 3"),
    ("configuration", {"configuration": conf(data_directory="/other")}, "error", "/other"),
    ("configuration", {"configuration": conf(data_directory=DATA + "/")}, "ok", "read"),
    ("archive", {"configuration": conf(archive_mode="on", archive_command="...")}, "warning", "not told"),
    ("archive", {"configuration": conf(archive_mode="on", archive_command="cp %p /b/%f")}, "ok", "into /b"),
    ("restart_after_crash", {"configuration": conf(restart_after_crash="tr")}, "error", "line 1"),
    ("restart_after_crash", {"configuration": replace(conf(), settings=())}, "error", "its default"),
    ("restart_after_crash", {"configuration": HUNG}, "warning", "no answer"),
    ("services", {"services": Services(())}, "error", "no TCP port 5432"),
    ("services", {"services": Services((), "gone")}, "warning", "gone"),
    ("services", {"configuration": conf(port="x")}, "error", "none"),
    ("port_free", STOPPED, "error", "port 5432"),
    ("port_free", STOPPED | {"listening": FREE}, "ok", "free"),
    ("port_free", STOPPED | {"listening__ports": ()}, "error", "/run/postgresql"),
    ("named_paths", {"named": named("No such file")}, "error", "No such file"),
    ("named_paths", {"named": named()}, "ok", "can be read"),
    ("named_paths", {"named": (NamedPath("hba_file", "/h", HUNG),)}, "warning", "no answer"),
    ("named_paths", {"named": (NamedPath("hba_file", "/h", AWAY),)}, "ok", "not mounted"),
    ("passphrase", {"configuration": conf(ssl="on"), "named": named(encrypted=True)}, "error", "encrypted"),
    ("passphrase", {"configuration": conf(ssl="on", ssl_passphrase_command="cat /k"), "named": named(encrypted=True)}, "warning", "cat /k"),
    ("passphrase", {"configuration": conf(ssl="on", ssl_passphrase_command="systemd-ask-password x")}, "error", "asks a person"),
    ("passphrase", {"configuration": conf(ssl_passphrase_command="read x")}, "ok", "nobody"),
    ("huge_pages", {"configuration": HUGE} | STOPPED, "error", "0 of some 538"),
    ("huge_pages", {"configuration": HUGE, "machine__huge_pages": HugePages(2048, 600, 0)}, "ok", "enough"),
    ("huge_pages", {"configuration": conf(huge_pages="on", huge_page_size="1GB")}, "warning", "1GB"),
    ("huge_pages", {"configuration": conf(huge_pages="on", shared_buffers="x")}, "warning", "not known"),
    ("preload_libraries", {"libraries": (Library("shared_preload_libraries", "x", ""),)}, "error", "not installed"),
    ("preload_libraries", {"libraries": (Library("shared_preload_libraries", "x", "/x.so"),)}, "ok", "installed"),
    ("locales", {"locales": (Locale("de_DE", ""),)}, "error", "de_DE"),
    ("locales", {"locales": (Locale("de_DE", "1"),)}, "ok", "here"),
    ("answers", STOPPED, "ok", "does not run"),
    ("answers", {"answers": (Answer("template1", "password", "h:5432:template1:me"),)}, "error", "h:5432:template1:me"),
    ("answers", {"answers": (Answer("template1", "error", "28000"),)}, "error", "28000"),
    ("answers", {"answers": (Answer("template1", "error", "28000"),), "registered__auth_failure": "warn"}, "warning", "28000"),
    ("answers", {"answers": (Answer("template1", "error", "57P03"),)}, "warning", "57P03"),
    ("answers", {"answers": (Answer("template1", "error", "53300"),)}, "warning", "53300"),
    ("answers", {"answers": (Answer("template1", "error", "58000"),)}, "error", "58000"),
    ("answers", {"answers": (Answer("template1", "late", "no answer"),)}, "error", "no answer"),
    ("answers", {"answers": (HUNG,)}, "error", "no answer"),
    ("response_timeout", {"registered__response_timeout": 0}, "warning", "for ever"),
    ("response_timeout", {}, "ok", "after 30 s"),
    ("response_timeout", {"registered__response_timeout": 300}, "warning", "900 s"),
    ("time_outs", {"registered__online_timeout": 60}, "warning", "60 s"),
    ("time_outs", {"registered__offline_timeout": 30}, "warning", "30 s"),
    ("time_outs", {"registered__watch_interval": 900}, "warning", "900 s"),
    ("collations", {"collations": (Collation("db", "icu", "de", "1", "2"),)}, "warning", "version 1"),
    ("collations", {"collations": (Collation("db", "icu", "de", "", "2"),)}, "ok", "as when"),
    ("collations", {"collations": HUNG}, "warning", "no answer"),
]  # fmt: skip


def test_a_node_that_is_as_the_manual_wants_it_has_neither_error_nor_warning() -> None:
    report = table.judge(SOUND)

    assert [line for line in report.lines if line.verdict.level != "ok"] == []
    assert report.is_sound
    assert SOUND.places == (
        Place(Space("data", DATA), LIES),
        Place(Space("wal", f"{DATA}/pg_wal"), LIES),
    )


@pytest.mark.parametrize(("row", "changed", "level", "said"), CASES)
def test_a_check_says(row: str, changed: dict[str, Any], level: str, said: str) -> None:
    report = table.judge(of(**changed))
    found = [line.verdict for line in report.lines if line.id == row]

    assert [v for v in found if v.level == level and said in v.reason], found
    assert max(LEVELS.index(v.level) for v in found) == LEVELS.index(level)
    assert all(v.hint for v in found if v.level != "ok")


def test_each_row_is_tried() -> None:
    tried = {row for row, *_ in CASES}

    assert {row.id for row in table.ROWS} == tried
    assert len({row.id for row in table.ROWS}) == len(table.ROWS)


def test_an_error_makes_the_report_unsound_and_a_warning_does_not() -> None:
    assert not table.judge(of(closed="/root")).is_sound
    assert table.judge(of(registered__response_timeout=0)).is_sound


def test_the_document_has_each_check_with_its_section() -> None:
    text = (ROOT / "docs" / "preflight.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([\w.]+) \|", text, re.MULTILINE)

    own = [row for row in rows if not row[0].startswith("peer_")]
    assert own == [(row.id, row.section) for row in table.ROWS]
