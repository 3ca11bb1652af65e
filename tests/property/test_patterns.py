"""What is read without re means what its patterns say."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgx_pclrsc import fstab
from pgx_pclrsc.core import limits

NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*RMS")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RMS = re.compile(r"#RMS(?::[^#]*)?#")
ODD = st.sampled_from(
    ["", "\n", " ", "é", "０", "-", ".", "_", "9", "a", "R", "RMS", "#"]
)


PARTS = st.lists(ODD | st.text(max_size=2), max_size=6).map("".join)


@given(PARTS | PARTS.map(lambda text: f"{text}RMS"))
@example("-aRMS")
@example(".aRMS")
@example("_RMS")
@example("RMS")
@example("éRMS")
@example("a０RMS")
@example("aRMS\n")
def test_names_are_what_the_patterns_say(text: str) -> None:
    assert (limits.nodes([text]) == []) == bool(NODE.fullmatch(text))
    assert (limits.env({text: "v"}) == []) == bool(VARIABLE.fullmatch(text))


@given(st.lists(st.sampled_from(["#", "RMS", ":", "a", " "]), max_size=6).map("".join))
@example("#RMS#")
@example("#RMS:APP1#")
def test_the_prefix_is_what_the_pattern_says(prefix: str) -> None:
    line = f"{prefix}/dev/sdb2 /fs2 ext4 defaults 1 2".strip()
    match = RMS.match(line)
    rest = line[match.end() :] if match else line
    fields = rest.split()
    there = not rest.startswith("#") and fields[1].startswith("/")

    found = [(entry.source, entry.rms) for entry in fstab.parse(line)]

    assert found == ([(fields[0], bool(match))] if there else [])


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("MY_PWD", "x", False),
        ("MY_PWDX", "x", True),
        ("my_token", "x", False),
        ("CONNINFO", "host=h password = x", False),
        ("PGPASSFILE", "/home/x/.pgpass", True),
    ],
)
def test_what_may_hold_a_secret(variable: str, value: str, *, allowed: bool) -> None:
    assert (limits.env({variable: value}) == []) is allowed


def test_what_is_no_octal_escape_stays() -> None:
    [entry] = fstab.parse(r"/dev/sdb2 /a\400\040b\04 ext4")

    assert entry.mount_point == r"/a\400 b\04"
