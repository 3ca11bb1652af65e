"""What mc_ctl status shows where no controller runs: by it the last primary is found."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pgx_mirror.core.mark import ALONE, FILE, GIVEN, PAIR, Mark
from pgx_mirror.data import mark_file, steps
from pgx_mirror.setup import unfinished
from pgx_mirror.setup.unfinished import Unfinished
from tests.fix_mcdir import Mcdir


def marked(mcdir: Mcdir, owner: str, state: str) -> Path:
    """Write the mark of *owner* into the data directory of nd1, and return that."""
    data = mcdir.path.parent / "nd1"
    data.mkdir()
    dir_fd = steps.open_directory(str(data))
    mark_file.write(dir_fd, Mark(owner, "g", "7", 5, state, pair=3))
    os.close(dir_fd)
    mcdir.user.own(data / FILE)
    return data


def test_without_a_controller_status_shows_the_mark(mcdir: Mcdir) -> None:
    marked(mcdir, "nd1", GIVEN)
    shown = mcdir.of("nd1", "status")

    assert shown.returncode == 3
    assert "nd1        none(inactivated primary)  127.0.0.1" in shown.stdout
    assert 'reason: controller of server "nd1" is not running' in shown.stdout


def test_of_a_pairs_primary_without_a_controller_it_is_told_when_commits_wait(
    mcdir: Mcdir,
) -> None:
    marked(mcdir, "nd1", PAIR)

    assert 'takes the name of server "nd2" out' in mcdir.of("nd1", "status").stdout


def test_whose_mark_a_copy_has_brought_is_not_what_this_server_is(mcdir: Mcdir) -> None:
    """Both would be shown as the primary, or the wrong one."""
    data = marked(mcdir, "nd2", ALONE)
    assert "primary" not in mcdir.of("nd1", "status").stdout

    data.rename(data.parent / "of_nd2")
    data = marked(mcdir, "nd1", ALONE)
    assert "nd1        primary" in mcdir.of("nd1", "status").stdout
    shutil.copy2(data / FILE, data / "copy")
    mcdir.user.own(data / "copy")
    (data / "copy").rename(data / FILE)
    assert "primary" not in mcdir.of("nd1", "status").stdout


def test_where_nothing_can_be_started_setup_is_named(mcdir: Mcdir) -> None:
    """mc_ctl start is refused: the directory is empty, or its setup was not finished."""
    data = mcdir.path.parent / "nd1"
    data.mkdir()
    mcdir.user.own(data)
    empty = mcdir.of("nd1", "status").stdout
    (data / "PG_VERSION").write_text("15\n")
    whole = mcdir.of("nd1", "status").stdout
    unfinished.write(str(mcdir.path), "nd1", Unfinished(str(data)))
    mcdir.user.own(mcdir.path / "nd1.unfinished")
    begun = mcdir.of("nd1", "status").stdout

    (mcdir.path / "nd1.unfinished").write_text("{")
    broken = mcdir.of("nd1", "status").stdout

    assert "cannot be understood" in broken
    assert "not running, and its data directory is empty" in empty
    assert "not running, and the setup of its data directory was not finished" in begun
    for shown in (empty, begun):
        assert "mc_ctl setup and mc_ctl start" in shown
    assert "setup" not in whole
