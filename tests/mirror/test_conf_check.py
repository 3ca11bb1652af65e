"""All that is wrong with PostgreSQL's files is told at once, with the way to mend it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_mirror.data import conf_check

SOUND = "port = 5432\n#synchronous_standby_names = 'standby1'\n"
AUTO = "primary_conninfo = 'host=h application_name=standby2_joining'\n"


@pytest.fixture
def conf(where: Path) -> Path:
    (where / "postgresql.auto.conf").write_text(AUTO)
    (where / "postgresql.conf").write_text(SOUND)
    return where / "postgresql.conf"


def told(dir_fd: int, *, standby: bool = False) -> list[str]:
    found = conf_check.problems(dir_fd, standby=standby)
    assert all(one.detail for one in found)
    return [one.primary for one in found]


@pytest.mark.parametrize("standby", [True, False])
@pytest.mark.usefixtures("conf")
def test_sound_files_have_no_problem(dir_fd: int, standby: bool) -> None:
    assert told(dir_fd, standby=standby) == []


def test_everything_is_told_at_once(where: Path, conf: Path, dir_fd: int) -> None:
    conf.write_text(
        "a = 'b\ninclude 'more'\nsynchronous_standby_names = '*'\ndata_directory = '..'\n"
    )
    (where / "more").write_text("synchronous_standby_names = ''\n")
    (where / "postgresql.auto.conf").write_text("synchronous_standby_names = 'x'\n")

    assert told(dir_fd, standby=True) == [
        'configuration file "postgresql.conf" cannot be read by PostgreSQL',
        'synchronous_standby_names is set in "more" too',
        'synchronous_standby_names is set in "postgresql.auto.conf" too',
        "synchronous_standby_names is not the name of one standby",
        'data_directory leads away from "postgresql.conf"',
        "primary_conninfo does not name this standby",
    ]


@pytest.mark.parametrize(
    ("value", "sound"),
    [
        ("standby1", True),
        ("standby1_joining", True),
        ("walreceiver", False),
        ("", False),
        ("x" * 64, False),
        ("ü", False),
    ],
)
def test_a_standby_needs_a_name(
    where: Path, conf: Path, dir_fd: int, value: str, sound: bool
) -> None:
    (where / "postgresql.auto.conf").write_text(
        f"primary_conninfo = 'application_name=''{value}'' host=h'\n"
    )

    assert (told(dir_fd, standby=True) == []) == sound
    assert told(dir_fd) == []


def test_no_name_at_all_is_told_with_what_to_write(conf: Path, dir_fd: int) -> None:
    conf.write_text("#synchronous_standby_names = ''\n")
    (found,) = conf_check.problems(dir_fd, standby=False)

    assert found.primary == "synchronous_standby_names names no standby"
    assert "synchronous_standby_names = 'NAME'" in str(found.hint)


def test_a_data_directory_that_is_this_one_is_sound(
    where: Path, conf: Path, dir_fd: int
) -> None:
    conf.write_text(f"{SOUND}data_directory = '{where}'\n")

    assert told(dir_fd) == []


def test_a_wholly_broken_file_is_told_in_part(conf: Path, dir_fd: int) -> None:
    conf.write_text("=\n" * 100 + SOUND)

    assert len(told(dir_fd)) == conf_check.MOST_SHOWN


def test_what_cannot_be_read_is_told(conf: Path, dir_fd: int) -> None:
    conf.unlink()
    assert told_plain(dir_fd) == [
        'could not read configuration file "postgresql.conf": No such file or directory'
    ]
    os.mkfifo(conf)
    assert told_plain(dir_fd) == [
        'could not read configuration file "postgresql.conf": it is a FIFO'
    ]


def told_plain(dir_fd: int) -> list[str]:
    return [one.primary for one in conf_check.problems(dir_fd, standby=True)]
