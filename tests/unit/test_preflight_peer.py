"""`pgx_pclrsc --check --peer FILE`: what two nodes must have in common, and whose file it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pgx_pclrsc.preflight.core import borrowing, told
from pgx_pclrsc.preflight.core.disk_facts import Entry, FileSystems, Mounted
from pgx_pclrsc.preflight.core.facts import Collation, Facts, Library, Locale, Services
from pgx_pclrsc.preflight.core.rows import peer, table
from pgx_pclrsc.preflight.core.unknown import Unknown
from tests.preflight_facts import DATA, DISK, SOUND, VOLUME, conf
from tests.unit.import_graph import ROOT

AWAY, HUNG = Unknown("not mounted", expected=True), Unknown("no answer")


def other(**changed: Any) -> Facts:
    """Return the facts of a sound second node, some *changed* as `part__field`."""
    assert not isinstance(SOUND.machine, Unknown)
    facts = replace(SOUND, machine=replace(SOUND.machine, node="node2RMS"))
    for name, value in changed.items():
        part, _, field = name.partition("__")
        old = getattr(facts, part)
        new = replace(old, **{field: value}) if field else value
        facts = replace(facts, **{part: new})
    return facts


def settings(**changed: str) -> tuple[tuple[str, str], ...]:
    return tuple((dict(SOUND.registered.settings) | changed).items())


def fstab(source: str) -> FileSystems:
    return FileSystems(
        (Entry("/etc/fstab", source, DISK, "ext4", ("noauto",), False),), ()
    )


LOCALE, SAME = (
    (Locale("de_DE.UTF-8", "1"),),
    Library("shared_preload_libraries", "x", "/x.so"),
)
ICU = (Collation("db", "icu", "de", "1", "1"),)
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("peer_node", {"machine__node": "node1RMS"}, "error", "which is this node"),
    ("peer_node", {"machine__node": "otherRMS"}, "error", "not in -n"),
    ("peer_node", {"machine__version": "9"}, "warning", "0.1.0 here and 9 there"),
    ("peer_user", {"account__uid": 27}, "error", "its uid is 26 here and 27 there"),
    ("peer_user", {"account__gid": 27}, "error", "its gid"),
    ("peer_user", {"registered__os_user": "pg"}, "error", "postgres here and pg there"),
    ("peer_user", {"account__home": "/x"}, "warning", "home"),
    ("peer_user", {"account__groups": ()}, "warning", "groups"),
    ("peer_user", {"account": HUNG}, "warning", "no answer"),
    ("peer_registration", {"registered__settings": settings(data_directory='"/x"')}, "error", 'data_directory is not set here and "/x" there'),
    ("peer_registration", {"registered__settings": settings(response_timeout="0")}, "warning", "10 here and 0 there"),
    ("peer_programs", {"programs__version": "16"}, "warning", "16 there"),
    ("peer_programs", {"programs__directory": "/x"}, "warning", "/x there"),
    ("peer_programs", {"programs": AWAY}, "ok", "not mounted"),
    ("peer_services", {"services": Services(())}, "error", "port 5432 in /etc/services is pg1 here and missing there"),
    ("peer_services", {"services": Services((("pg1", 5432), ("x", 5433)))}, "ok", "agree"),
    ("peer_services", {"configuration": conf(port="5433")}, "warning", "5433 there"),
    ("peer_fstab", {"file_systems": fstab("/dev/x")}, "error", "/dev/x"),
    ("peer_libraries", {"libraries": (SAME,)}, "error", "x is not on this node"),
    ("peer_libraries", {"libraries": (replace(SAME, path=""),)}, "ok", "agree"),
    ("peer_locales", {"machine__glibc": "glibc 2.28"}, "warning", "2.28 there"),
    ("peer_icu", {"programs__icu": "60"}, "warning", "72 here and 60 there"),
    ("peer_icu", {"programs__icu": "60", "collations": ICU}, "error", "60 there"),
    ("peer_icu", {"programs": AWAY}, "ok", "no difference"),
    ("peer_data", {"data__system": "8"}, "error", "7 here and 8 there"),
    ("peer_data", {"data": AWAY}, "ok", "no two"),
]  # fmt: skip


def said(ours: Facts, theirs: Facts, row: str) -> list[tuple[str, str]]:
    lines = table.judge(ours, theirs).lines
    return [(one.verdict.level, one.verdict.reason) for one in lines if one.id == row]


def test_two_nodes_that_are_alike_have_neither_error_nor_warning() -> None:
    report = table.judge(SOUND, other())

    assert [one for one in report.lines if one.verdict.level != "ok"] == []


@pytest.mark.parametrize(("row", "changed", "level", "why"), CASES)
def test_a_comparison_says(
    row: str, changed: dict[str, Any], level: str, why: str
) -> None:
    found = said(SOUND, other(**changed), row)

    assert [one for one in found if one[0] == level and why in one[1]], found


@pytest.mark.parametrize(
    ("theirs", "level"),
    [(LOCALE, "ok"), ((Locale("de_DE.UTF-8", "2"),), "error"), ((Locale("de_DE.UTF-8", ""),), "error"), ((), "ok")],
)  # fmt: skip
def test_a_locale_must_sort_alike_on_both(
    theirs: tuple[Locale, ...], level: str
) -> None:
    ours = replace(SOUND, locales=LOCALE)

    assert said(ours, other(locales=theirs), "peer_locales")[0][0] == level


def test_each_comparison_is_tried_and_in_the_document() -> None:
    rows = [(row.id, row.section) for row in peer.ROWS]
    rows += [(id, section) for id, section, *_ in peer.WHOLE]
    text = (ROOT / "docs" / "preflight.md").read_text()

    assert {row for row, *_ in CASES} == {id for id, _ in rows}
    assert re.findall(r"^\| `(peer_\w+)` \| ([\w.]+) \|", text, re.MULTILINE) == rows


def _text(facts: Facts = SOUND) -> str:
    return json.dumps(table.as_json(table.judge(facts)), indent=1)


def test_what_one_node_writes_the_other_reads() -> None:
    assert told.read(_text(), "pg1") == SOUND


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda t: t[: len(t) // 2], "it is no JSON"),
        (lambda t: "[" * 100_000, "it is no JSON"),
        (lambda t: "", "it is no JSON"),
        (lambda t: "[]", "it is no output of --check"),
        (lambda t: '{"facts": {}}', "it has format None"),
        (lambda t: t.replace('"format": 1', '"format": 2'), "it has format 2"),
        (
            lambda t: t.replace('"resource": "pg1"', '"resource": "b"'),
            "of resource 'b'",
        ),
        (lambda t: t.replace('"uid": ', '"uid": "x", "y": '), "has other keys than"),
        (lambda t: t.replace('"there": true', '"there": 1'), "is no bool"),
        (lambda t: t.replace('"groups": [', '"groups": ["x",'), "is no int"),
    ],
)
def test_a_file_that_is_not_the_other_nodes_is_refused(
    spoil: Callable[[str], str], why: str
) -> None:
    with pytest.raises(told.NotTold, match=why):
        told.read(spoil(_text()), "pg1")


def test_a_node_without_the_disk_borrows_the_configuration_alone() -> None:
    disks = FileSystems(fstab(VOLUME).entries, (Mounted("/", "ext4", "/dev/sda"),))
    here = replace(SOUND, configuration=AWAY, data=AWAY, file_systems=disks)
    found = borrowing.borrowed(here, SOUND)

    assert not isinstance(found.configuration, Unknown)
    assert found.configuration.borrowed
    assert found.data == AWAY
    assert borrowing.version_of(found, SOUND) == 15
    assert borrowing.is_away(found, f"{DATA}/server.key")
    assert not borrowing.is_away(found, "/etc/ssl/server.key")
    hung = replace(here, configuration=HUNG)
    assert borrowing.borrowed(hung, SOUND) == hung, "what hangs is not made good"
