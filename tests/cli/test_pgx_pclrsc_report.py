"""`pgx_pclrsc --report` on traces as tests have written them: what is read, what is written."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.hung_disk import HungDisk
from fixtures.needs import missing
from pgx_base.failure import Failure
from pgx_pclrsc.history import gather
from tests.fix_registry import Registry, mode
from tests.html import Page
from tests.report_pages import about, fault_reason
from tests.traces import Written, failover


def put_trace(registry: Registry, text: str, name: str = "trace.log") -> Path:
    """Make *text* the trace of pg1, the OS user's own."""
    path = registry.work / name
    path.write_text(text)
    os.chown(path, registry.user.uid, registry.user.gid)
    path.chmod(0o600)
    return path


def refused(registry: Registry, said: str, *options: str | Path) -> None:
    """Assert that a report is refused, and says why in one message."""
    done = registry.run("--report", "-c", "pg1", *options)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_goes_to_standard_output(registered: Registry) -> None:
    put_trace(registered, failover().text)
    done = registered.run("--report", "-c", "pg1")

    assert (done.returncode, done.stderr) == (0, "")
    page = Page(done.stdout)
    assert page.elements["article"] == 1
    assert "pg1 on " in page.text
    assert "lines were read." in page.text


def test_or_into_a_file_that_nobody_else_may_read(
    registered: Registry, tmp_path: Path
) -> None:
    put_trace(registered, failover().text)
    file = tmp_path / "report.html"
    rms = tmp_path / "switchlog"
    rms.write_text(fault_reason(failover().read().faults[0].at))
    done = registered.run(
        "--report", "-c", "pg1", "--switchlog", rms, "-o", file, umask=0
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == f'report of resource "pg1" written to "{file}"\n'
    assert mode(file) == 0o600
    assert "FAULT REASON" in Page(file.read_text()).text
    assert sorted(os.listdir(tmp_path)) == ["report.html", "switchlog"]


def test_since_leaves_out_what_was_before(registered: Registry) -> None:
    put_trace(registered, failover().text)
    done = registered.run("--report", "-c", "pg1", "--since=2026-11-27 11:00")

    assert "Nothing: no fault" in Page(done.stdout).text


def test_a_link_in_the_files_place_is_replaced_and_not_followed(
    registered: Registry, tmp_path: Path
) -> None:
    put_trace(registered, failover().text)
    target = tmp_path / "target"
    target.write_text("untouched")
    file = tmp_path / "report.html"
    file.symlink_to(target)
    done = registered.run("--report", "-c", "pg1", "-o", file)

    assert done.returncode == 0, done.stderr
    assert target.read_text() == "untouched"
    assert not file.is_symlink()


@pytest.mark.root
def test_root_writes_nothing_where_another_user_can_lead_it(
    registered: Registry, tmp_path: Path
) -> None:
    put_trace(registered, failover().text)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    below = theirs / "below"
    below.mkdir()
    os.chown(theirs, registered.user.uid, registered.user.gid)
    link = tmp_path / "link"
    link.symlink_to(elsewhere)

    for place in (theirs, below, registered.work):
        refused(registered, "root does not write below directory", "-o", place / "a")
        assert not (place / "a").exists()
    refused(registered, "is a symbolic link", "-o", link / "a")
    assert list(elsewhere.iterdir()) == []
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    refused(registered, "root does not write below", "-o", open_to_all / "a")
    open_to_all.chmod(0o1777)
    done = registered.run("--report", "-c", "pg1", "-o", open_to_all / "a")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_replaced(
    make: Callable[[Path], None], registered: Registry, tmp_path: Path
) -> None:
    put_trace(registered, failover().text)
    make(tmp_path / "there")
    refused(registered, "it is there, and no regular file", "-o", tmp_path / "there")
    refused(registered, "No such file or directory", "-o", tmp_path / "no" / "where")

    assert not (tmp_path / "there").is_file()


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(
    registered: Registry, tmp_path: Path
) -> None:
    put_trace(registered, failover().text)
    file = tmp_path / "report.html"
    file.write_text("the old one")
    done = subprocess.run(
        [command("pgx_pclrsc"), "--report", "-c", "pg1", "-o", file],
        env=registered.environment(),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)),
    )

    assert done.returncode == 1
    assert "could not write file" in done.stderr
    assert file.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["report.html"]


def test_without_a_trace_there_is_no_report(registered: Registry) -> None:
    refused(registered, "there is no trace")
    other = registered.run("--report", "-c", "pg2")
    assert (other.returncode, other.stdout) == (1, "")
    assert 'resource "pg2" does not exist' in other.stderr


def test_what_is_put_in_the_traces_place_is_not_read(
    registered: Registry, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(failover().text)
    trace = registered.work / "trace.log"
    trace.symlink_to(secret)
    refused(registered, "it is a symbolic link")
    trace.unlink()
    os.mkfifo(trace)
    refused(registered, "it is a FIFO")


@pytest.mark.root
def test_a_trace_is_read_with_the_os_users_rights_alone(registered: Registry) -> None:
    """A hard link to a file of root's, for one."""
    trace = put_trace(registered, failover().text)
    os.chown(trace, 0, 0)

    refused(registered, "Permission denied")


def test_both_halves_are_read_and_one_that_is_rotated_meanwhile_once(
    registered: Registry,
) -> None:
    first, second = Written(), Written()
    first.online()
    first.answers(10)
    second.now = first.now
    second.fault()
    put_trace(registered, first.text, "trace.log.1")
    trace = put_trace(registered, second.text)
    both = Page(registered.run("--report", "-c", "pg1").stdout).text
    (registered.work / "trace.log.1").unlink()
    os.link(trace, registered.work / "trace.log.1")
    once = Page(registered.run("--report", "-c", "pg1").stdout).text

    assert "200 answers" in both
    assert "The server answered for the last time." in both
    assert f"{len(second.lines)} lines were read." in once


def test_bytes_of_any_kind_are_counted_and_left_out(registered: Registry) -> None:
    trace = put_trace(registered, "")
    trace.write_bytes(b"\xff\xfe\x00half a line\n" + failover().text.encode() + b"2026")
    done = registered.run("--report", "-c", "pg1")

    assert Page(done.stdout).elements["article"] == 1
    assert "2 lines could not be read" in done.stdout


def test_a_switchlog_that_is_none_is_refused(
    registered: Registry, tmp_path: Path
) -> None:
    put_trace(registered, failover().text)
    os.mkfifo(tmp_path / "fifo")
    odd = "it is no regular file"
    for file, why in (("none", "No such file"), ("fifo", odd), (".", odd)):
        refused(registered, why, "--switchlog", tmp_path / file)


def test_somebody_else_is_refused(registered: Registry) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    put_trace(registered, failover().text)
    registered.home.chmod(0o755)
    done = subprocess.run(
        [command("pgx_pclrsc"), "--report", "-c", "pg1"],
        env=registered.environment(),
        capture_output=True,
        text=True,
        cwd="/",
        user=65533,
        group=65533,
        extra_groups=[],
    )

    assert done.returncode == 1
    assert "cannot report on a resource of OS user" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "yesterday"], 'invalid time "yesterday"'),
        (["--output=json"], 'option "--output" cannot be used with "--report"'),
        (["-o", ""], 'option "-o" requires a value'),
        (["--switchlog="], 'option "--switchlog" requires a value'),
        (["--status"], "only one action can be given, not --status and --report"),
    ],
)
def test_wrong_usage_is_refused(
    registered: Registry, arguments: list[str], said: str
) -> None:
    refused(registered, said, *arguments)


@pytest.mark.root
def test_a_work_directory_that_hangs_is_not_waited_for(
    registered: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := missing("umount"):
        pytest.skip(reason)
    monkeypatch.setattr(gather, "_LOOK", 0.5)
    hung = HungDisk(registered.work)
    try:
        hung.mount()
        hung.hang()
        with pytest.raises(Failure, match=r"no answer within 0\.5 s"):
            gather.draw(gather.Asked(registered.load(), about(0.0), ""))
    finally:
        hung.remove()
