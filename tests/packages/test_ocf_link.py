"""OCF_ROOT/resource.d/pgx/pgsql: made with an installation, kept by the next, gone with it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from tests.packages.fix_bundle import ROOT, Run, environment, prefix_of, state

pytestmark = [pytest.mark.root, pytest.mark.packages]
BELOW = "resource.d/pgx/pgsql"


@pytest.fixture
def ocf(open_tmp: Path) -> Path:
    """An OCF_ROOT with other projects' agents."""
    made = open_tmp / "ocf"
    (made / "resource.d" / "heartbeat").mkdir(parents=True)
    return made


@pytest.fixture
def prefix(open_tmp: Path, ocf: Path, run: Run) -> Path:
    """An installation with its link in *ocf*."""
    made = prefix_of(open_tmp)
    done = run(made, ocf_root=ocf)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{ocf}/{BELOW} leads here, for a cluster manager\n" in done.stdout
    return made


def again(prefix: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installer of a checkout, or a program, with no OCF_ROOT."""
    env = {k: v for k, v in environment().items() if k != "OCF_ROOT"}
    line = words or ("make", "-s", "uninstall", f"PREFIX={prefix}")
    return subprocess.run(line, cwd=ROOT, env=env, text=True, capture_output=True)


def agent(ocf: Path, action: str) -> subprocess.CompletedProcess[str]:
    """Call it as a cluster manager does."""
    return subprocess.run([ocf / BELOW, action], env={}, capture_output=True, text=True)


def test_a_cluster_manager_finds_it_and_everybody_may_ask_what_it_is(
    prefix: Path, ocf: Path
) -> None:
    assert os.readlink(ocf / BELOW) == f"{prefix}/bin/pgx_ocf"
    said = subprocess.run(
        [ocf / BELOW, "meta-data"], user="nobody", env={}, capture_output=True
    )
    assert said.returncode == 0
    assert b'<resource-agent name="pgsql"' in said.stdout


def test_a_newer_version_keeps_it_and_needs_to_be_told_nothing(
    prefix: Path, ocf: Path, whole_bundle: Path
) -> None:
    """Nor is it missing for an instant: that would be a resource that is not installed."""
    before = (ocf / BELOW).lstat()
    env = {k: v for k, v in environment().items() if k != "OCF_ROOT"}
    answers: set[int] = set()
    with subprocess.Popen(
        [whole_bundle / "install", prefix], env=env, stdout=subprocess.PIPE, text=True
    ) as newer:
        while newer.poll() is None:
            answers.add(agent(ocf, "monitor").returncode)
        said = newer.communicate()[0]

    assert answers == {6}, "no name: it works, of one version or the other"
    assert f"{ocf}/{BELOW} leads here" in said
    assert (ocf / BELOW).lstat().st_ino == before.st_ino


def test_what_was_called_by_it_keeps_its_version_and_is_not_removed(
    prefix: Path, ocf: Path, run: Run
) -> None:
    old = (prefix / "versions" / "current").resolve()
    called = f"{ocf}/resource.d//pgx/pgsql"
    runs = subprocess.Popen(["sh", "-c", "read x", called], stdin=subprocess.PIPE)
    for _ in range(2):
        assert run(prefix, ocf_root=ocf).returncode == 0
    assert old.exists()

    refused = run("--uninstall", prefix)
    assert refused.returncode == 1
    assert f"Processes: pgsql {runs.pid}." in refused.stderr
    assert (ocf / BELOW).exists()
    runs.communicate()


def test_it_is_removed_with_its_directory_whatever_ocf_root_is_now(
    prefix: Path, ocf: Path
) -> None:
    done = again(prefix)

    assert (done.returncode, done.stderr) == (0, "")
    assert not prefix.exists()
    assert os.listdir(ocf / "resource.d") == ["heartbeat"]


def test_removed_by_a_link_to_prefix_it_goes_too(
    prefix: Path, ocf: Path, open_tmp: Path, run: Run
) -> None:
    (open_tmp / "way").symlink_to(prefix)
    assert run("--uninstall", open_tmp / "way").returncode == 0

    assert os.listdir(ocf / "resource.d") == ["heartbeat"]


def test_one_that_is_another_programs_by_now_is_not_removed(
    prefix: Path, ocf: Path
) -> None:
    (ocf / BELOW).unlink()
    (ocf / BELOW).write_text("another's")

    assert again(prefix).returncode == 0
    assert (ocf / BELOW).read_text() == "another's"


@pytest.mark.parametrize("what", ["file", "link", "nowhere", "directory"])
def test_what_is_another_programs_is_never_replaced(
    open_tmp: Path, ocf: Path, run: Run, what: str
) -> None:
    (ocf / BELOW).parent.mkdir()
    if what == "file":
        (ocf / BELOW).write_text("another's")
    elif what == "directory":
        (ocf / BELOW).mkdir()
    else:
        (ocf / BELOW).symlink_to("/bin/true" if what == "link" else "/nowhere/pgsql")
    before = state(open_tmp)

    done = run(prefix_of(open_tmp), ocf_root=ocf)

    assert done.returncode == 1
    assert f'another program in "{ocf}/resource.d/pgx"' in done.stderr
    assert "In the way: pgsql." in done.stderr
    assert state(open_tmp) == before


def test_another_installation_keeps_the_link_and_that_is_said(
    prefix: Path, ocf: Path, open_tmp: Path, run: Run
) -> None:
    second = run(open_tmp / "second", ocf_root=ocf)

    assert second.returncode == 0
    assert f"{BELOW} goes on leading to {prefix}/bin/pgx_ocf" in second.stdout
    assert run("--uninstall", open_tmp / "second").returncode == 0
    assert agent(ocf, "meta-data").returncode == 0


def test_it_moves_where_another_ocf_root_is_named(
    prefix: Path, ocf: Path, open_tmp: Path, run: Run
) -> None:
    other = open_tmp / "other"
    other.mkdir()

    assert run(prefix, ocf_root=other).returncode == 0
    assert agent(other, "meta-data").returncode == 0
    assert os.listdir(ocf / "resource.d") == ["heartbeat"]


def test_where_there_is_no_ocf_root_nothing_is_linked_and_that_is_said(
    open_tmp: Path, run: Run
) -> None:
    done = run(prefix_of(open_tmp), ocf_root=open_tmp / "ocf")

    assert done.returncode == 0
    said = f"no link for a cluster manager is made: there is no {open_tmp}/ocf on this"
    assert said in done.stdout
    assert not (open_tmp / "ocf").exists()


def test_a_relative_ocf_root(open_tmp: Path, run: Run) -> None:
    done = run(prefix_of(open_tmp), ocf_root="usr/lib/ocf")

    assert "OCF_ROOT must be an absolute path" in done.stderr
    assert not (open_tmp / "opt").exists()


@pytest.mark.parametrize("whose", ["theirs", "open", "way"])
def test_a_place_where_another_user_could_put_something_else(
    open_tmp: Path, run: Run, os_user: OsUser, whose: str
) -> None:
    """The cluster manager runs as root what lies there."""
    root = open_tmp / "root"
    (root / "resource.d").mkdir(parents=True)
    if whose == "open":
        (root / "resource.d").chmod(0o777)
    elif whose == "theirs":
        os_user.own(root / "resource.d")
    else:
        os_user.own(root)
        (open_tmp / "ocf").symlink_to(root)
        root = open_tmp / "ocf"

    done = run(prefix_of(open_tmp), ocf_root=root)

    assert "root would run what other users can change" in done.stderr
    assert not (open_tmp / "opt").exists()
    assert not (root / "resource.d" / "pgx").exists()


def test_a_user_without_rights_there_has_an_installation_without_a_link(
    ocf: Path, open_tmp: Path, run: Run, os_user: OsUser
) -> None:
    home = open_tmp / "home"
    done = run(home / "pgx", ocf_root=ocf, user=os_user.name)

    assert done.returncode == 0, done.stderr
    assert f"is made: {ocf}/resource.d cannot be written" in done.stdout
    assert os.listdir(ocf / "resource.d") == ["heartbeat"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_midway_there_is_no_link(
    ocf: Path, open_tmp: Path, whole_bundle: Path, run: Run, number: int
) -> None:
    prefix = prefix_of(open_tmp)
    env = environment() | {"OCF_ROOT": str(ocf)}
    with subprocess.Popen(
        [whole_bundle / "install", prefix], env=env, stdout=-3, stderr=-3
    ) as ended:
        wait_until(lambda: list(prefix.glob("versions/0*/venv")), "it works", 60, 0.001)
        ended.send_signal(number)

    assert os.listdir(ocf / "resource.d") == ["heartbeat"]
    assert run(prefix, ocf_root=ocf).returncode == 0
    assert agent(ocf, "meta-data").returncode == 0
