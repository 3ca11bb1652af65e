"""pgx_online on real file systems: what is not mounted, or is not the right one, is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.disk import Disk
from fixtures.processes import gone
from fixtures.server import Server
from tests.fix_disk import MakeDisk
from tests.fix_resource import MakeResource, Resource
from tests.postgres.online_runs import online

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


def _move(source: Path, target: Path) -> None:
    subprocess.run(["mv", source, target], check=True)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", source, target], check=True)


@pytest.fixture
def disk(make_disk: MakeDisk) -> Disk:
    """The shared disk, mounted."""
    return make_disk("data")


@pytest.fixture
def on_disk(server: Server, disk: Disk, make_resource: MakeResource) -> Resource:
    """A resource whose data directory is on the shared disk."""
    _move(server.data, disk.point / "data")
    server.data = disk.point / "data"
    return make_resource(server)


def _lived(resource: Resource) -> None:
    """Let the resource have been Online here."""
    online(resource)
    assert resource.offline().returncode == 0


def _refused(resource: Resource) -> str:
    result = resource.online()

    assert result.returncode == 1, result.stderr
    assert resource.server.pid() is None
    return result.stderr


def test_a_stale_copy_under_the_mount_point_is_refused_with_both_values(
    on_disk: Resource, disk: Disk, open_tmp: Path
) -> None:
    _lived(on_disk)
    _copy(on_disk.server.data, open_tmp / "copy")
    disk.unmount()
    _move(open_tmp / "copy", on_disk.server.data)
    said = _refused(on_disk)

    assert f'is not on its file system: "{disk.point}" is not mounted' in said
    assert 'It lies on the file system of "/"' in said
    assert f'mounted at "{disk.point}"' in said
    assert said.count("UUID ") == 2
    disk.mount()
    online(on_disk)


def test_an_empty_mount_point_is_refused(on_disk: Resource, disk: Disk) -> None:
    _lived(on_disk)
    disk.unmount()

    assert "no instance in data directory" in _refused(on_disk)


def test_a_copy_of_the_whole_disk_is_refused(on_disk: Resource, disk: Disk) -> None:
    _lived(on_disk)
    disk.unmount()
    disk.new_uuid()
    disk.mount()

    assert "lies on another file system than before" in _refused(on_disk)


def test_another_instance_is_refused_until_registered_anew(
    on_disk: Resource, disk: Disk
) -> None:
    _lived(on_disk)
    server = on_disk.server
    _make_another(server)
    said = _refused(on_disk)

    assert "holds another instance" in said
    assert said.count("identifier is") == 1
    assert "this resource's is " in said
    assert "register the resource anew" in said
    assert on_disk.run("pgx_pclrsc", "-d", "-c", on_disk.name).returncode == 0
    register = on_disk.register(watch_interval=1, bin_dir=server.binaries.directory)
    assert register.returncode == 0, register.stderr
    online(on_disk)


def _make_another(server: Server) -> None:
    """Give the data directory another system identifier, as a new initdb would."""
    control = server.data / "global" / "pg_control"
    _move(server.data / "postgresql.conf", server.data.parent / "kept.conf")
    server.remove()
    server.user.run(
        [
            str(server.binaries.path("initdb")),
            "-D",
            str(server.data),
            "-N",
            "-A",
            "trust",
        ]
    )
    _move(server.data.parent / "kept.conf", server.data / "postgresql.conf")
    assert control.exists()


def test_a_log_directory_whose_file_system_is_not_mounted(
    server: Server, make_disk: MakeDisk, make_resource: MakeResource
) -> None:
    wal = make_disk("wal")
    _move(server.data / "pg_wal", wal.point / "wal")
    (server.data / "pg_wal").symlink_to(wal.point / "wal")
    resource = make_resource(server)
    _lived(resource)
    _copy(wal.point / "wal", wal.point.parent / "copy")
    wal.unmount()
    assert "pg_wal is not mounted" in _refused(resource)
    _move(wal.point.parent / "copy", wal.point / "wal")
    assert f'"{wal.point}" is not mounted' in _refused(resource)
    wal.mount()

    online(resource)


def test_a_tablespace_whose_file_system_is_not_mounted(
    server: Server, make_disk: MakeDisk, make_resource: MakeResource
) -> None:
    """Its committed rows would be gone after the next clean stop."""
    space = make_disk("space")
    where = space.point / "ts"
    where.mkdir(mode=0o700)
    server.user.own(where)
    resource = make_resource(server)
    online(resource)
    server.ask(f"create tablespace ts location '{where}'")
    server.ask("create table t (n int) tablespace ts", "postgres")
    server.ask("insert into t select generate_series(1, 10000)", "postgres")
    assert resource.offline().returncode == 0
    _lived(resource)
    _copy(where, space.point.parent / "copy")
    space.unmount()
    assert f'"{where}" is not complete' in _refused(resource)
    _move(space.point.parent / "copy", where)
    assert f'"{space.point}" is not mounted' in _refused(resource)
    space.mount()
    online(resource)

    assert server.ask("select count(*) from t", "postgres") == "10000"


_FSTAB = 'mount --bind "$1" /etc/fstab && shift && exec "$@"'


def test_a_mount_point_in_fstab_must_be_mounted_from_the_first_online_on(
    on_disk: Resource, disk: Disk, open_tmp: Path
) -> None:
    fstab = open_tmp / "fstab"
    fstab.write_text(f"/dev/nothing {disk.point} ext4 noauto 0 0\n")
    _copy(on_disk.server.data, open_tmp / "copy")
    disk.unmount()
    _move(open_tmp / "copy", on_disk.server.data)

    def with_fstab() -> subprocess.CompletedProcess[str]:
        line = ["unshare", "--mount", "sh", "-c", _FSTAB, "sh", str(fstab)]
        return subprocess.run(
            [*line, command("pgx_online"), on_disk.name],
            env=on_disk.environment(),
            text=True,
            capture_output=True,
        )

    result = with_fstab()
    assert result.returncode == 1
    assert f'file system "{disk.point}" of ' in result.stderr
    assert "is not mounted" in result.stderr
    disk.mount()
    assert with_fstab().returncode == 0


def test_a_disk_that_was_lazily_unmounted_under_the_server(
    on_disk: Resource, disk: Disk
) -> None:
    pid = online(on_disk)
    disk.unmount("-l")
    result = on_disk.online()

    assert result.returncode == 1
    assert "no instance in data directory" in result.stderr
    assert not gone(pid)
