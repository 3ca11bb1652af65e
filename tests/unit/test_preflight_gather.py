"""What `pgx_pclrsc --check` makes of the files of a node."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.needs import missing
from pgx_pclrsc.preflight.core import settings
from pgx_pclrsc.preflight.core.disk_facts import Device
from pgx_pclrsc.preflight.core.facts import HugePages, Library, Locale, Named, Services
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather import asking, boot, disks, node, server
from pgx_pclrsc.preflight.gather.children import Job, NotSeen, ask

DATA = "/pgdata/pg1"
WANTS = "etc/systemd/system/multi-user.target.wants"


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("texts", "want"),
    [
        ([], "yes"),
        (["[Login]\n#RemoveIPC=no\n"], "no"),
        (["[Login]\n#RemoveIPC=yes\n", "RemoveIPC = No\n"], "no"),
        (["RemoveIPC=no\n", "RemoveIPC=yes\n"], "yes"),
        (["RemoveIPC=no\n", "#RemoveIPC=yes\n"], "no"),
    ],
)
def test_the_last_word_of_loginds_files_counts(texts: list[str], want: str) -> None:
    assert node.remove_ipc(texts) == want


def test_login_defs_tell_who_is_a_system_user() -> None:
    assert node.last_system_uid("#SYS_UID_MAX 5\n") == 999
    assert node.last_system_uid("UID_MIN 1000\nSYS_UID_MAX\t\t499\n") == 499


def test_meminfo_tells_of_huge_pages() -> None:
    text = "HugePages_Total:   10\nHugePages_Free:    4\nHugepagesize:   2048 kB\n"

    assert node.huge_pages(text) == HugePages(2048, 10, 4)
    assert node.huge_pages("") == HugePages(0, 0, 0)


def test_services_are_those_of_tcp_that_are_no_comments(tmp_path: Path) -> None:
    text = "ssh 22/tcp\n#a 5432/tcp\npg1\t5432/tcp postgres # x\nb 5433/udp\nc 70000\n"
    path = write(tmp_path / "services", text)

    assert node.services(str(path)) == Services((("pg1", 5432),))
    assert "cannot be read" in node.services(str(tmp_path / "none")).unread


def test_a_unit_that_is_enabled_and_names_the_directory_starts_it(
    tmp_path: Path,
) -> None:
    write(tmp_path / WANTS / "a.service", f"[Service]\nEnvironment=PGDATA={DATA}/\n")
    write(tmp_path / WANTS / "b.service", "Environment=PGDATA=/pgdata/pg10\n")
    write(tmp_path / WANTS / "c.service", f"# PGDATA={DATA}\n")
    write(tmp_path / WANTS / "d.service", "EnvironmentFile=-/etc/sysconfig/pg\n")
    write(tmp_path / "etc/sysconfig/pg", f'PGDATA="{DATA}"\n')
    write(tmp_path / WANTS / "e.service", "ExecStart=/usr/bin/postgres\n")
    drop_in = "etc/systemd/system/e.service.d/data.conf"
    write(tmp_path / drop_in, f"ExecStart=/usr/bin/postgres -D {DATA}\n")
    write(tmp_path / "etc/systemd/system/f.service", f"PGDATA={DATA}\n")

    found = boot.starts(DATA, str(tmp_path))
    assert [one.unit for one in found] == ["a.service", "d.service", "e.service"]


@pytest.mark.parametrize(
    ("start", "unit", "want"),
    [
        ("auto\n", "postgresql.service", True),
        ("# auto\nmanual\n", "postgresql.service", False),
        ("manual\n", "postgresql@15-main.service", True),
        ("auto\n", "ssh.service", False),
    ],
)
def test_debians_clusters_are_started_by_one_service(
    tmp_path: Path, start: str, unit: str, want: bool
) -> None:
    write(tmp_path / "etc/postgresql/15/main/start.conf", start)
    conf = f"data_directory = '{DATA}'\t\t# use data in another directory\n"
    write(tmp_path / "etc/postgresql/15/main/postgresql.conf", conf)
    write(tmp_path / WANTS / unit, "[Service]\n")
    found = boot.starts(DATA, str(tmp_path))

    assert [one.unit for one in found] == ["postgresql@15-main.service"] * want


def test_rc_local_may_start_it_too(tmp_path: Path) -> None:
    write(tmp_path / "etc/rc.local", f"su postgres -c 'pg_ctl -D {DATA} start'\n")
    assert boot.starts(DATA, str(tmp_path)) == ()
    (tmp_path / "etc/rc.local").chmod(0o755)
    assert [one.unit for one in boot.starts(DATA, str(tmp_path))] == ["rc.local"]


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[str]:
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    if reason := missing("mkfs.ext4", "losetup"):
        pytest.skip(reason)
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    line = ["losetup", "--find", "--show", str(image)]
    made = subprocess.run(line, capture_output=True, text=True, check=True)
    yield made.stdout.strip()
    subprocess.run(["losetup", "-d", made.stdout.strip()], check=True)


@pytest.mark.root
@pytest.mark.parametrize("guarded", [True, False])
def test_multi_mount_protection_is_seen_in_the_superblock(
    loop: str, guarded: bool
) -> None:
    with pytest.raises(NotSeen, match="no file system of ext4"):
        disks.device(loop, "ext4")
    wanted = ["-O", "mmp" if guarded else "^mmp"]
    subprocess.run(["mkfs.ext4", "-q", *wanted, loop], check=True)

    assert disks.device(loop, "ext4") == Device(loop, "ext4", guarded)


@pytest.mark.root
def test_what_is_no_device_is_not_read(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(NotSeen, match="no block device"):
        disks.device(str(tmp_path / "fifo"), "ext4")
    with pytest.raises(NotSeen, match="not on this node now"):
        disks.device(str(tmp_path / "none"), "ext4")


def test_a_key_is_judged_by_its_rights_and_by_what_it_is(tmp_path: Path) -> None:
    plain = write(tmp_path / "a", "-----BEGIN PRIVATE KEY-----\n", 0o600)
    asks = write(tmp_path / "b", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 0o600)
    loose = write(tmp_path / "c", "", 0o644)

    def look(path: Path, wants: str = settings.SECRET) -> Named:
        return server.named("ssl_key_file", str(path), wants)

    assert look(plain) == Named("ssl_key_file", str(plain))
    assert look(asks).encrypted
    assert "0644" in look(loose).problem
    assert look(tmp_path).problem == "it is no file"
    assert "No such file" in look(tmp_path / "none").problem
    assert look(tmp_path / "new.pid", settings.PARENT).problem == ""
    assert look(plain, settings.DIRECTORY).problem == "it is no directory"


def test_libraries_are_looked_for_where_the_server_looks(tmp_path: Path) -> None:
    lib = tmp_path / "lib"
    for name in ("auto_explain.so", "plugins/mine.so"):
        write(lib / name, "")
    wanted = [
        ("shared_preload_libraries", "auto_explain"),
        ("shared_preload_libraries", "$libdir/auto_explain.so"),
        ("shared_preload_libraries", "mine"),
        ("local_preload_libraries", "mine"),
    ]
    found = server.libraries(wanted, str(lib), "")

    assert [bool(one.path) for one in found] == [True, True, False, True]
    other = server.libraries(wanted[:1], "/nowhere", f"{lib}:$libdir")
    assert other == (Library(*wanted[0], str(lib / "auto_explain.so")),)


def test_an_order_tells_locales_apart() -> None:
    names = ["C", "C.UTF-8", "xx_XX"]
    job = Job(lambda: asking.locales(names), seconds=60)
    said = ask({"1": job, "2": job})
    found = said.take("1", tuple[Locale, ...])

    assert not isinstance(found, Unknown)
    assert [bool(one.order) for one in found] == [True, True, False]
    assert said.take("2", tuple[Locale, ...]) == found


def test_one_that_hangs_holds_up_no_other() -> None:
    said = ask(
        {
            "hangs": Job(lambda: time.sleep(60), seconds=0.2),
            "fails": Job(lambda: os.listdir("/nowhere"), seconds=60),
            "ends": Job(lambda: os._exit(3), seconds=60),
            "told": Job(lambda: ["one", "two"], seconds=60),
        }
    )

    assert said.take("told", tuple[str, ...]) == ("one", "two")
    hangs, fails, ends = (said.take(n, str) for n in ("hangs", "fails", "ends"))
    assert isinstance(hangs, Unknown)
    assert "no answer within 0.2 s" in hangs.why
    assert fails == Unknown("/nowhere: No such file or directory")
    assert ends == Unknown("whoever looked has ended without a word")
