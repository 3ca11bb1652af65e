"""Which server was the primary last: by what both have promised, told in a form that is read."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.last_primary import (
    Evidence,
    Odd,
    compared,
    last_primary,
    newest,
    read,
    text,
)
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, STATES, SYNC
from tests.fix_mcdir import Mcdir

A, B = "server1", "server2"


def of(server: str, mark: str = "", epoch: int = 0, **more: object) -> Evidence:
    return Evidence(server, mark, epoch, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mine", "theirs", "which"),
    [
        ((PAIR, 3), (SYNC, 3), A),
        ((PAIR, 3), (OUT, 5), A),
        ((ALONE, 4), (OUT, 3), A),
        ((ALONE, 4), (NEW, 0), A),
        ((GIVEN, 3), (ALONE, 5), B),
        ((PAIR, 3), (ALONE, 4), B),  # the other took over, and this one did not hear it
        ((GIVEN, 3), (SYNC, 3), B),  # it was to take over
        ((ALONE, 4), (ALONE, 6), B),
        ((ALONE, 4), (ALONE, 4), ""),
        ((GIVEN, 4), (GIVEN, 4), ""),
        ((SYNC, 4), (OUT, 4), ""),
        ((SYNC, 4), ("", 0), B),  # its disks are gone
        ((PAIR, 4), ("", 0), A),
        ((GIVEN, 4), ("", 0), B),
    ],
)
def test_the_marks_say_which(
    mine: tuple[str, int], theirs: tuple[str, int], which: str
) -> None:
    a, b = of(A, *mine), of(B, *theirs)
    assert last_primary(a, b).server == last_primary(b, a).server == which


def test_without_a_mark_the_log_does_and_it_is_said() -> None:
    a, b = of(A, timeline=1, end="0/9000000"), of(B, timeline=2, end="0/3000000")
    found = last_primary(a, b)
    assert found.server == B
    assert "MCA00062" in found.why
    assert last_primary(of(A), of(B)).server == ""


def test_a_standby_in_sync_is_said_to_have_every_row() -> None:
    found = last_primary(of(A, PAIR, 3), of(B, SYNC, 3))
    assert f"{B} has every row that was acknowledged" in found.why
    assert "older one" in last_primary(of(A, PAIR, 3), of(B, SYNC, 5)).why


def test_the_newest_backup_and_log_may_be_on_different_servers() -> None:
    a = of(A, PAIR, 3, backup="b1", backup_timeline=1, backup_start="0/9000028")
    b = of(B, SYNC, 3, backup="b2", backup_timeline=2, backup_start="0/3000028")
    assert dict(newest(a, b))["newest backup"] == B
    assert dict(newest(a, a))["newest backup"] == f"{A} and {A}"
    assert dict(newest(a, b))["newest archived log"] == "none"
    assert any(line.startswith(f"last primary: {A}: ") for line in compared(a, b))


WORDS = st.text(
    st.characters(codec="ascii", exclude_characters="\n\r"), max_size=20
).map(lambda word: " ".join(word.split()))


@given(
    mark=st.sampled_from(["", *STATES]),
    epoch=st.integers(0, 1 << 62),
    why=WORDS,
    backup=WORDS,
)
def test_what_one_server_prints_the_other_reads(
    mark: str, epoch: int, why: str, backup: str
) -> None:
    found = of(A, mark, epoch, why=why, backup=backup, timeline=2, end="1/2A")
    assert read(text(found)) == found


@given(st.text(max_size=200))
def test_what_is_no_evidence_is_refused(given: str) -> None:
    with pytest.raises(Odd):
        read(given)


def test_numbers_are_numbers() -> None:
    sound = text(of(A, PAIR, 3, end="0/1"))
    for wrong in (sound.replace("epoch = 3", "epoch = x"), sound.replace("0/1", "x")):
        with pytest.raises(Odd):
            read(wrong)


def test_the_command_prints_what_the_other_ones_reads(mcdir: Mcdir) -> None:
    for server in ("nd1", "nd2"):
        (mcdir.path.parent / server).mkdir(mode=0o700)
        mcdir.user.own(mcdir.path.parent / server)
    first = mcdir.of("nd1", "last-primary")
    assert first.returncode == 0, first.stderr
    assert read(first.stdout).server == "nd1"
    told = mcdir.write("told", first.stdout)
    said = mcdir.of("nd2", "last-primary", f"--other={told}")
    assert said.returncode == 0, said.stderr
    assert "last primary: cannot be told" in said.stdout
    mistaken = mcdir.of("nd1", "last-primary", f"--other={told}")
    assert mistaken.returncode == 1
    assert 'the evidence is of server "nd1"' in mistaken.stderr
    os.truncate(told, 10)
    assert mcdir.of("nd2", "last-primary", f"--other={told}").returncode == 1
