"""pgx_check where something stands in its way: files, names, callers, descriptors."""

from __future__ import annotations

import binascii
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pgx_base.text import quoted
from pgx_pclrsc.core import names
from tests.fix_place import FAULTED, OFFLINE, ONLINE, STUB, Place


def _answer(place: Place, code: int) -> None:
    done = place.check()
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.parametrize("what", ["garbled", "fifo", "link", "directory"])
def test_an_unreadable_record_without_a_postmaster_is_offline(
    place: Place, what: str, tmp_path: Path
) -> None:
    path = place.work / names.RECORD
    match what:
        case "garbled":
            path.write_bytes(b"online" * 100)
        case "fifo":
            os.mkfifo(path)
        case "link":
            (tmp_path / "target").write_bytes(b"x")
            path.symlink_to(tmp_path / "target")
        case _:
            path.mkdir()

    _answer(place, OFFLINE)


@pytest.mark.parametrize("lock", [names.MONITOR_LOCK, names.TRANSITION_LOCK])
def test_a_fifo_in_a_locks_place_is_not_waited_for(
    place: Place, process: int, lock: str
) -> None:
    place.write("online", process)
    os.mkfifo(place.work / lock)

    assert place.check().returncode == OFFLINE  # row 9; no entry names a postmaster


def test_a_work_directory_replaced_by_a_link_is_not_followed(
    place: Place, process: int, tmp_path: Path
) -> None:
    place.write("online", process)
    place.work.rename(tmp_path / "elsewhere")
    place.work.symlink_to(tmp_path / "elsewhere")

    assert place.check().returncode == OFFLINE


def test_a_reason_that_the_os_user_has_made_up_is_one_line_without_control_characters(
    place: Place, process: int
) -> None:
    """It goes to RMS's logs, and is shown on root's terminal."""
    place.write("faulted", process)
    path = place.work / names.RECORD
    evil = b"x\npgx_check: error: y\x1b]0;z\x07 \xe2\x80\xae"
    body = path.read_bytes()[:-10].replace(
        b"no answer within 3 s".ljust(len(evil)), evil
    )
    path.write_bytes(body + b" %08x\n" % binascii.crc32(body))

    done = place.check()
    assert done.returncode == FAULTED
    assert "is faulted: x\\npgx_check: error: y\\x1b]0;z" in done.stderr
    assert done.stderr.removesuffix("\n").isprintable()


def test_a_removed_work_directory_is_offline(place: Place) -> None:
    shutil.rmtree(place.work)

    _answer(place, OFFLINE)


@pytest.mark.parametrize(
    "name", ["nosuch", "", "../pg1", "a.b", "a-b", "1a", "x" * 17, "ä", "pg1\n", "a/b"]
)
def test_a_name_that_is_not_registered_is_offline_and_told(
    place: Place, name: str
) -> None:
    """A typo in CheckCommands is Offline for ever."""
    done = place.check(name)

    assert (done.returncode, done.stdout) == (OFFLINE, "")
    assert done.stderr.splitlines() == [
        f"pgx_check: error: resource {quoted(name)} does not exist",
        "pgx_check: hint: pgx_pclrsc -p lists the resources that are registered on this "
        "node.",
    ]


def test_where_there_is_no_registry_no_name_is_registered(place: Place) -> None:
    """As with a typo in PGX_PCLRSC_HOME."""
    shutil.rmtree(place.registry)
    done = place.check("pg1")

    assert (done.returncode, done.stdout) == (OFFLINE, "")
    assert 'error: resource "pg1" does not exist' in done.stderr


def test_a_deleted_working_directory_does_not_matter(
    place: Place, process: int, tmp_path: Path
) -> None:
    place.write("online", process)
    here = tmp_path / "here"
    here.mkdir()
    script = f'rmdir {here}; exec {sys.executable} -IS -c "$0" pg1'
    done = subprocess.run(
        ["sh", "-c", script, STUB],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        cwd=here,
        timeout=60,
    )

    assert done.returncode == ONLINE


def test_closed_descriptors_do_not_matter(place: Place, gone: int) -> None:
    place.write("online", gone)
    script = f'exec {sys.executable} -IS -c "$0" pg1 <&- >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", script, STUB],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        timeout=60,
    )

    assert done.returncode == FAULTED


def _as_a_third_user(
    place: Place, tmp_path: Path, stub: str
) -> subprocess.CompletedProcess[str]:
    for directory in (tmp_path, *list(tmp_path.parents)[:-2]):
        directory.chmod(0o755)
    return subprocess.run(
        [sys.executable, "-IS", "-c", stub, "pg1"],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        capture_output=True,
        text=True,
        user=12345,
        group=12345,
        extra_groups=[],
        timeout=60,
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_third_user_is_refused(place: Place, process: int, tmp_path: Path) -> None:
    place.write("online", process)
    done = _as_a_third_user(place, tmp_path, STUB)

    assert done.returncode == FAULTED
    assert "must be run as root or as the OS user" in done.stderr


def _without(*modules: str) -> str:
    """Return what runs pgx_check where *modules* cannot be loaded, as from a failing disk."""
    gone = dict.fromkeys(f"pgx_agent.{name}" for name in modules)
    return f"import sys; sys.modules |= {gone!r}; {STUB}"


@pytest.mark.parametrize(
    ("state", "code"), [("online", ONLINE), ("faulted", FAULTED), ("none", OFFLINE)]
)
def test_words_that_cannot_be_loaded_change_no_answer(
    place: Place, process: int, state: str, code: int
) -> None:
    """Nor does a monitor that cannot be started, of which they would tell."""
    place.write(state, process)
    done = subprocess.run(
        [sys.executable, "-IS", "-c", _without("check.words", "monitor.launch"), "pg1"],
        env={"PGX_PCLRSC_HOME": str(place.registry)},
        capture_output=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_third_user_is_refused_without_words_too(
    place: Place, process: int, tmp_path: Path
) -> None:
    """Python's own exit code, 1, would say Offline."""
    place.write("online", process)
    done = _as_a_third_user(place, tmp_path, _without("check.words"))

    assert (done.returncode, done.stderr) == (FAULTED, "")
