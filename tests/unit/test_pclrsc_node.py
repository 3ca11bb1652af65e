"""What this node is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_pclrsc import node


def test_the_environment_comes_first(tmp_path: Path) -> None:
    hvenv = tmp_path / "hvenv.local"
    hvenv.write_text("export RELIANT_HOSTNAME=fromfileRMS\n")

    assert node.this_node({"RELIANT_HOSTNAME": "aRMS"}, str(hvenv)) == "aRMS"
    assert node.this_node({"RELIANT_HOSTNAME": ""}, str(hvenv)) == "fromfileRMS"


def test_without_either_it_is_the_machines(tmp_path: Path) -> None:
    want = os.uname().nodename.split(".")[0] + "RMS"

    assert node.this_node({}, str(tmp_path / "missing")) == want
    assert node.this_node({}, str(tmp_path)) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("export RELIANT_HOSTNAME=aRMS\n", "aRMS"),
        ("  RELIANT_HOSTNAME='a bRMS' # why", "a bRMS"),
        (
            'export HV_RCSTART=0\nRELIANT_HOSTNAME="aRMS"; export RELIANT_HOSTNAME',
            "aRMS",
        ),
        ("export RELIANT_HOSTNAME=aRMS\nexport RELIANT_HOSTNAME=bRMS", "bRMS"),
        ("#export RELIANT_HOSTNAME=aRMS", None),
        ("export OTHER_RELIANT_HOSTNAME=aRMS", None),
        ("export RELIANT_HOSTNAME=", None),
        ("export RELIANT_HOSTNAME='a", None),
        ("", None),
    ],
)
def test_rms_own_settings_are_understood(text: str, want: str | None) -> None:
    assert node.from_hvenv(text) == want


@pytest.mark.parametrize(("nodename", "want"), [("a", "aRMS"), ("a.b.example", "aRMS")])
def test_a_machines_name_ends_at_the_first_dot(nodename: str, want: str) -> None:
    assert node.from_machine(nodename) == want
