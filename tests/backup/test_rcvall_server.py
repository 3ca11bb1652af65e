"""The server that recovers: it does nothing else, and takes no failure for the log's end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pgx_mirror.restore.recovering import restore_command
from tests.backup.made_backups import Destination, empty, numbers
from tests.fix_postgres import MakeServer


def run(directory: Path, name: str, up_to_gap: bool = False) -> int:
    """Return the exit code of the command, as a server that wants file *name* runs it."""
    line = restore_command(str(directory), up_to_gap)
    line = line.replace("%f", name).replace("%p", "got").replace("%%", "%")
    return subprocess.run(["sh", "-c", line], cwd=directory.parent).returncode


def test_what_the_road_has_not_is_the_end_and_a_failure_is_none(tmp_path: Path) -> None:
    links = tmp_path / "100% 'odd' links"
    links.mkdir()
    (tmp_path / "whole").write_bytes(b"log")
    (links / "whole").symlink_to(tmp_path / "whole")
    (links / "removed").symlink_to(tmp_path / "removed")
    for up_to_gap in (False, True):
        assert run(links, "other", up_to_gap) == 1
        assert run(links, "whole", up_to_gap) == 0
        assert (tmp_path / "got").read_bytes() == b"log"
    assert run(links, "removed") == 255
    assert run(links, "removed", up_to_gap=True) == 1
    (tmp_path / "got").unlink()
    (tmp_path / "got").symlink_to("/dev/full")
    for up_to_gap in (False, True):
        assert run(links, "whole", up_to_gap) == 255


@pytest.mark.one_postgres
def test_no_librarys_worker_runs_in_it(
    make_server: MakeServer, open_tmp: Path, bindir: Path
) -> None:
    """pg_prewarm's writes a file as it ends: so would jobs run that others start."""
    server = make_server("data", fsync="on")
    made = Destination(open_tmp / "backup", server, bindir)
    made.make()
    server.configure(**made.archives())
    server.configure(
        shared_preload_libraries="pg_prewarm",
        max_worker_processes=4,
        **{"pg_prewarm.autoprewarm_interval": 0},
    )
    server.start_plain()
    server.ask("create table t (n int); insert into t values (1)")
    made.back_up()
    server.stop()
    written = server.data / "autoprewarm.blocks"
    assert written.exists()
    empty(server.data)
    made.restored()
    assert not os.path.lexists(written)
    assert numbers(server) == [1]
