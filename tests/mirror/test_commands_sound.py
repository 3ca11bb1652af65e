"""Which programs of the configuration are not run: whatever others could change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pgx_mirror.commands import sound
from tests.mirror.programs import script

Place = Callable[[Path], Path]
STRANGER = 12345


@pytest.fixture
def program(program_home: Path) -> Path:
    (program_home / "d").mkdir(mode=0o755)
    return script(program_home / "d" / "program", "true")


def linked(program: Path) -> Path:
    link = program.parent.parent / "link"
    link.symlink_to(program)
    return link


def through(program: Path) -> Path:
    """By a link to its directory that is relative, and goes up and down."""
    link = program.parent.parent / "way"
    link.symlink_to("./d/../d")
    return link / program.name


@pytest.mark.parametrize("place", [lambda p: p, linked, through])
def test_what_is_ours_alone_may_be_run(program: Path, place: Place) -> None:
    assert sound.fault(str(place(program))) == ""
    assert sound.fault("/bin/sh") == ""  # the system's, by links mostly


def missing(program: Path) -> Path:
    return program.with_name("missing")


def beneath_a_file(program: Path) -> Path:
    return program / "beneath"


def not_executable(program: Path) -> Path:
    program.chmod(0o644)
    return program


def a_directory(program: Path) -> Path:
    return program.parent


def a_fifo(program: Path) -> Path:
    path = program.with_name("fifo")
    os.mkfifo(path, 0o755)
    return path


def writable(program: Path) -> Path:
    program.chmod(0o757)
    return program


def writable_by_group(program: Path) -> Path:
    program.chmod(0o775)
    return program


def in_a_writable_directory(program: Path) -> Path:
    program.parent.chmod(0o777)
    return program


def below_a_writable_directory(program: Path) -> Path:
    (program.parent / "e").mkdir(mode=0o755)
    below = script(program.parent / "e" / "program", "true")
    program.parent.chmod(0o775)
    return below


def linked_into_a_writable_directory(program: Path) -> Path:
    return linked(in_a_writable_directory(program))


def a_dangling_link(program: Path) -> Path:
    link = linked(program)
    program.unlink()
    return link


def a_link_to_itself(program: Path) -> Path:
    link = program.with_name("loop")
    link.symlink_to("loop")
    return link


def by_a_writable_interpreter(program: Path) -> Path:
    reader = script(program.with_name("reader"), "true", 0o777)
    program.write_text(f"#! {reader} -x\n")
    return program


def by_a_relative_interpreter(program: Path) -> Path:
    program.write_text("#!sh\n")
    return program


REFUSED: dict[Place, str] = {
    missing: '"{}" does not exist',
    beneath_a_file: '"{}" cannot be opened: Not a directory',
    not_executable: "it is not executable by user id {id}",
    a_directory: "it is not a regular file",
    a_fifo: "it is not a regular file",
    writable: "it is writable by others (mode 0757)",
    writable_by_group: "it is writable by others (mode 0775)",
    in_a_writable_directory: 'directory "{d}" of its path is writable by others (mode 0777)',
    below_a_writable_directory: 'directory "{d}" of its path is writable by others '
    "(mode 0775)",
    linked_into_a_writable_directory: 'directory "{d}" of its path is writable by others '
    "(mode 0777)",
    a_dangling_link: '"{d}/program" does not exist',
    a_link_to_itself: "its path has too many links",
    by_a_writable_interpreter: 'its interpreter "{d}/reader": it is writable by others '
    "(mode 0777)",
    by_a_relative_interpreter: 'its interpreter "sh" has no absolute path',
}


@pytest.mark.parametrize("place", REFUSED, ids=lambda place: place.__name__)
def test_what_another_could_change_is_not_run(program: Path, place: Place) -> None:
    path = place(program)

    text = REFUSED[place].format(path, d=program.parent, id=os.geteuid())
    assert sound.fault(str(path)) == text


@pytest.mark.root
@pytest.mark.parametrize("mode", [0o755, 0o1755])
def test_a_directory_of_another_user_is_refused(program: Path, mode: int) -> None:
    """The sticky bit keeps others out, and not its owner."""
    program.parent.chmod(mode)
    os.chown(program.parent, STRANGER, 0)

    assert sound.fault(str(program)) == (
        f'directory "{program.parent}" of its path belongs to user id {STRANGER}, '
        f"neither root nor this user (id {os.geteuid()})"
    )


@pytest.mark.root
def test_a_file_of_another_user_is_refused(program: Path) -> None:
    os.chown(program, STRANGER, 0)

    assert "it belongs to user id 12345" in sound.fault(str(program))


@pytest.mark.root
def test_a_link_that_another_may_change_is_refused(program: Path) -> None:
    """As in /tmp: its owner may put another in its place."""
    link = linked(program)
    os.chown(link, STRANGER, 0, follow_symlinks=False)

    assert f'link "{link}" of its path belongs to user id 12345' in sound.fault(
        str(link)
    )


def test_a_sticky_directory_is_as_good_as_a_closed_one(program: Path) -> None:
    program.parent.chmod(0o1777)

    assert sound.fault(str(program)) == ""


def test_all_that_is_wrong_is_told_at_once(program: Path) -> None:
    named = {"fencing_command": str(program), "pre_detach_command": "/nowhere/x"}
    writable(program)

    found = sound.problems(named, "/mc/nd1.conf")

    assert [problem.primary for problem in found] == [
        f'fencing_command "{program}" cannot be called: it is writable by others (mode 0757)',
        'pre_detach_command "/nowhere/x" cannot be called: "/nowhere" does not exist',
    ]
    assert {problem.path for problem in found} == {"/mc/nd1.conf"}
