"""server.log: rotated by size where a server is started, and by logrotate while it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures import needs
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_resource import ONLINE, MakeResource, Resource

pytestmark = pytest.mark.one_postgres
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # an ordinary user's may lack the first
LIMIT = 4 * 1024  # bytes, as `small` is registered


@pytest.fixture
def small(make_resource: MakeResource, server: Server) -> Resource:
    """A resource whose server.log is rotated beyond 4 KB."""
    return make_resource(server, server_log_max_file_size=LIMIT // 1024)


def fill(resource: Resource, size: int = LIMIT + 1) -> None:
    """Put *size* bytes of old words into server.log, as the OS user."""
    path = resource.work / "server.log"
    path.write_bytes(b"old\n" + b"x" * (size - 4))
    resource.server.user.own(path)


def logs(resource: Resource) -> set[str]:
    return {path.name for path in resource.work.glob("server.log*")}


def test_a_start_rotates_what_is_too_large(small: Resource) -> None:
    small.work.mkdir(exist_ok=True)
    fill(small)

    assert small.online().returncode == 0

    assert (small.work / "server.log.old").read_bytes().startswith(b"old\n")
    assert "database system is ready" in small.server_log()
    assert "old" not in small.server_log()


@pytest.mark.parametrize("size", [100, LIMIT])
def test_what_is_small_enough_stays(small: Resource, size: int) -> None:
    fill(small, size)

    assert small.online().returncode == 0

    assert logs(small) == {"server.log"}
    assert small.server_log().startswith("old\n")


def test_nothing_is_rotated_under_a_server_that_is_adopted(small: Resource) -> None:
    assert small.online().returncode == 0
    with (small.work / "server.log").open("a") as log:
        log.write("x" * LIMIT)

    assert small.online().returncode == 0

    assert logs(small) == {"server.log"}


def test_where_it_is_0_nothing_is_rotated(
    make_resource: MakeResource, server: Server
) -> None:
    resource = make_resource(server, server_log_max_file_size=0)
    fill(resource, 100_000)

    assert resource.online().returncode == 0

    assert logs(resource) == {"server.log"}


def test_a_start_that_fails_is_quoted_from_the_new_log(small: Resource) -> None:
    fill(small)
    small.server.configure(nonsense="on")

    result = small.online()

    assert result.returncode == 1
    assert "nonsense" in result.stderr
    assert logs(small) == {"server.log", "server.log.old"}


@pytest.mark.parametrize("what", ["directory", "link", "fifo"])
def test_what_has_the_old_ones_name_is_no_way_out(
    small: Resource, open_tmp: Path, what: str
) -> None:
    """A directory keeps it from being rotated; a link or FIFO is replaced, not written to."""
    fill(small)
    old, target = small.work / "server.log.old", open_tmp / "target"
    target.write_text("untouched")
    if what == "directory":
        (old / "full").mkdir(parents=True)
    elif what == "link":
        old.symlink_to(target)
    else:
        os.mkfifo(old)

    result = small.online()

    assert result.returncode == 0, result.stderr
    assert target.read_text() == "untouched"
    assert ("could not rotate server.log" in result.stderr) is (what == "directory")
    assert "database system is ready" in small.server_log()


def test_a_link_in_its_place_is_not_rotated(small: Resource, open_tmp: Path) -> None:
    target = open_tmp / "target"
    target.write_text("x" * (LIMIT + 1))
    (small.work / "server.log").symlink_to(target)

    result = small.online()

    assert result.returncode == 0
    assert "could not open server.log" in result.stderr
    assert target.stat().st_size == LIMIT + 1
    assert logs(small) == {"server.log"}


# --- by logrotate, while the server runs -------------------------------------------


def rotate(resource: Resource, directory: Path) -> None:
    """Run logrotate as docs/operations.md says, now and not weekly."""
    program = shutil.which("logrotate", path=PATH)
    if program is None:
        pytest.skip(needs.missing("logrotate"))
    user = resource.server.user.name
    group = subprocess.check_output(["id", "-gn", user], text=True).strip()
    su = f"su {user} {group}" if os.geteuid() == 0 else ""
    conf, state = directory / "logrotate.conf", directory / "logrotate.state"
    log = resource.work / "server.log"
    conf.write_text(f"{log} {{\nrotate 2\ncopytruncate\n{su}\n}}\n")
    conf.chmod(0o644)
    line = [program, "--force", "--state", str(state), str(conf)]
    said = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr


def say(resource: Resource, text: str) -> None:
    """Have the server write *text* into its log."""
    resource.server.ask(f"do $$ begin raise log '{text}'; end $$")
    wait_until(lambda: text in resource.server_log(), f"the server has said {text}")


def test_a_server_writes_on_after_copytruncate(
    resource: Resource, open_tmp: Path
) -> None:
    assert resource.online().returncode == 0
    say(resource, "before it")

    rotate(resource, open_tmp)
    say(resource, "after it")

    whole = resource.server_log()
    assert "before it" not in whole
    assert "\0" not in whole, "it goes on at its beginning"
    assert "before it" in (resource.work / "server.log.1").read_text()
    assert resource.check() == ONLINE
    assert resource.offline().returncode == 0
    assert "shut down" in resource.server_log()


def test_rotated_by_both_neither_takes_what_the_other_has_kept(
    small: Resource, open_tmp: Path
) -> None:
    assert small.online().returncode == 0
    say(small, "kept by logrotate")
    rotate(small, open_tmp)
    say(small, "kept by Online")
    assert small.offline().returncode == 0
    with (small.work / "server.log").open("a") as log:
        log.write("x" * LIMIT)

    assert small.online().returncode == 0

    assert "kept by logrotate" in (small.work / "server.log.1").read_text()
    assert "kept by Online" in (small.work / "server.log.old").read_text()
