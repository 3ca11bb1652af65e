"""The last line of `check`: what was looked at, and what could not be."""

from __future__ import annotations

import dataclasses

from pgx_wizard.core.file.reading import read
from pgx_wizard.core.rules.checked import summary
from pgx_wizard.core.rules.rule import Node
from tests.fix_wizard import ROOT, manual
from tests.unit.test_wizard_check import REGISTERED


def test_the_last_line_says_what_was_looked_at_and_what_could_not_be() -> None:
    app, _ = read(manual())
    assert app is not None
    here = dataclasses.replace(REGISTERED, name=app.machines[0], fstab="")

    assert summary("app1.toml", app, here) == (
        "checked: app1.toml, the registry of this node, /etc/fstab; not checked: "
        "/etc/fstab.pcl of this node, RMS's reserved names, "
        "registry and file systems of pcl-vm14RMS"
    )
    assert "the registry of this node" in summary("f", app, Node()).partition(";")[2]


def test_the_last_line_names_the_tables_that_were_really_read() -> None:
    app, _ = read(manual())
    assert app is not None
    given = Node("pcl-vm13RMS", fstab="", tables=("/tmp/f", "/etc/fstab.pcl"))
    seen, _, unseen = summary("f", app, given).partition(";")

    assert "/tmp/f" in seen
    assert "/etc/fstab" not in seen
    assert "/etc/fstab.pcl of this node" in unseen


def test_administrators_are_shown_the_last_line_of_check() -> None:
    app, _ = read(manual("cmdline"))
    assert app is not None
    node = dataclasses.replace(
        REGISTERED, fstab="", fstab_pcl="", reserved=frozenset({"some"})
    )
    shown = (ROOT / "docs/administrators.md").read_text()

    assert f"\n{summary('app1.toml', app, node)}\n" in shown


def test_a_node_that_is_none_of_the_applications_has_no_tables_of_its_own() -> None:
    app, _ = read(manual())
    assert app is not None
    said = summary("f", app, Node("elsewhereRMS"))

    assert "/etc/fstab" not in said
    assert said.endswith("registry and file systems of pcl-vm13RMS, pcl-vm14RMS")
