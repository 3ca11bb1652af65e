"""What a setup keeps in the management directory: its note, and this server's conf."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_mirror.setup import kept, unfinished
from pgx_mirror.setup.unfinished import Unfinished


def test_a_note_is_read_as_it_was_written_and_stops_a_start(tmp_path: Path) -> None:
    mcdir = str(tmp_path)
    note = Unfinished("/data", "/wal", ("/s",), "slot", "h:1")
    unfinished.check(mcdir, "nd2", "/data")
    unfinished.write(mcdir, "nd2", note)

    assert unfinished.of(mcdir, "nd2") == note
    assert unfinished.of(mcdir, "nd1") is None
    unfinished.check(mcdir, "nd2", "/other")
    with pytest.raises(Failure, match="is not whole"):
        unfinished.check(mcdir, "nd2", "/data/")
    unfinished.remove(mcdir, "nd2")
    unfinished.remove(mcdir, "nd2")
    assert unfinished.of(mcdir, "nd2") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"data": "/d"}', "\xff"])
def test_a_note_that_is_broken_stops_everything(tmp_path: Path, text: str) -> None:
    (tmp_path / "nd2.unfinished").write_text(text)
    with pytest.raises(Failure, match="cannot be understood"):
        unfinished.of(str(tmp_path), "nd2")


def test_a_servers_conf_is_kept_with_its_mode_or_as_the_link_it_is(
    tmp_path: Path,
) -> None:
    mcdir, data = tmp_path / "mc", tmp_path / "data"
    mcdir.mkdir()
    data.mkdir()
    assert not kept.restore(str(mcdir), "nd2", str(data))
    conf = data / kept.CONF
    conf.write_text("port = 1\n")
    conf.chmod(0o640)
    kept.save(str(mcdir), "nd2", str(data))
    conf.write_text("port = 2\n")
    assert kept.restore(str(mcdir), "nd2", str(data))
    assert (conf.read_text(), conf.stat().st_mode & 0o777) == ("port = 1\n", 0o640)
    conf.unlink()
    conf.symlink_to("/etc/some.conf")
    kept.save(str(mcdir), "nd2", str(data))
    conf.unlink()
    kept.restore(str(mcdir), "nd2", str(data))

    assert conf.readlink() == Path("/etc/some.conf")
