"""`pgx_pclrsc --collect` of a real instance, with secrets put everywhere and hostile files."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.hung_disk import HungDisk
from fixtures.server import Server
from tests.fix_resource import MakeResource, Resource, Result
from tests.postgres.adopted import monitor_of, stopped
from tests.postgres.test_monitor_passwords import passfile as passfile

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]

TYPED, STORED, SERVICE, SENT = "typed-Hx4Q", "sto'red Hx5Q", "service-Hx6Q", "sent-Hx7Q"
ROLE, ENVIRON, URI, REPLICA = "role-Hx8Q", "environ-Hx9Q", "ur/i@-HxAQ", "repli'ca HxBQ"
PROCESS = "process-HxCQ"
SECRETS = (TYPED, STORED, SERVICE, SENT, ROLE, ENVIRON, URI, REPLICA, PROCESS)


def collect(resource: Resource, into: Path, **env: str) -> dict[str, str]:
    """Return the parts of a bundle by their names, without the directory."""
    for _ in range(3):  # a busy machine's look at the status may be too late
        parts = collected(resource, into, **env)
        if "no answer within" not in parts["status.json"]:
            break
    return parts


def collected(resource: Resource, into: Path, **env: str) -> dict[str, str]:
    file = into / "bundle.tar.gz"
    file.unlink(missing_ok=True)
    result = run(resource, file, **env)
    assert (result.returncode, result.stderr) == (0, "")
    assert file.stat().st_mode & 0o7777 == 0o600
    assert file.stat().st_uid == os.geteuid()
    parts = {}
    with tarfile.open(file) as archive:
        for member in archive:
            held = archive.extractfile(member)
            assert held is not None
            top, _, name = member.name.partition("/")
            assert top == f"pgx_pclrsc-{resource.name}"
            parts[name] = held.read().decode("utf-8", "surrogateescape")
    assert os.listdir(into) == [file.name]
    return parts


def run(resource: Resource, file: Path, **env: str) -> Result:
    words = ("--collect", "-c", resource.name, "-o", str(file))
    return resource.run("pgx_pclrsc", *words, env=env, limit=240)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """A directory that is the caller's alone."""
    path = tmp_path / "into"
    path.mkdir(mode=0o700)
    return path


def test_it_has_what_support_asks_for(
    make_resource: MakeResource, server: Server, into: Path, tmp_path: Path
) -> None:
    resource = make_resource(server)
    assert resource.online().returncode == 0
    logs = tmp_path / "log"
    logs.mkdir()
    (logs / "switchlog").write_text("2026-11-29 RMS: it has switched\n")
    (logs / "app.log").write_bytes(b"\xff not UTF-8\n")
    (resource.work / "server.log.old").write_text("what was before the last Online\n")
    parts = collect(resource, into, RELIANT_LOG_PATH=str(logs))

    assert "before the last Online" in parts["server.log.old"]
    assert 'name = "pgxtest"' in parts["definition.toml"]
    assert parts["record"].startswith("1 ")
    assert "\nstate: online\n" in parts["record"]
    assert "pgx_monitor" in parts["trace.log"]
    assert "ready to accept connections" in parts["server.log"]
    assert " / " in parts["mountinfo"]
    assert "Python 3" in parts["versions"]
    assert "bytes" in parts["space.data"]
    assert json.loads(parts["status.json"])["state"] == "online"
    assert json.loads(parts["check.json"])
    assert "it has switched" in parts["rms/switchlog"]
    assert parts["rms/app.log"].encode("utf-8", "surrogateescape")[0] == 0xFF
    for name in parts:
        assert name == "CONTENTS" or name in parts["CONTENTS"]
    assert "trace.log.1             not taken: it is not there" in parts["CONTENTS"]
    assert monitor_of(resource)


def secrets_everywhere(server: Server) -> None:
    """Put one into each place that a person puts them, and into what the server logs of it."""
    home = Path(os.path.expanduser(f"~{server.user.name}"))
    passfile = home / ".pgpass"
    passfile.write_text(f"*:{server.port}:*:*:{STORED}\n")
    passfile.chmod(0o600)
    server.user.own(passfile)
    with (server.data / "postgresql.conf").open("a") as conf:
        doubled = REPLICA.replace("'", "\\\\''")
        conf.write(f"primary_conninfo = 'host=a password=''{doubled}'' user=b'\n")
        conf.write(f"archive_command = 'PGPASSWORD={SENT} true'\n")
        conf.write("log_statement = all\n")
    service = server.data.parent / "pg_service.conf"
    service.write_text(f"[one]\nhost=a\npassword={SERVICE}\n")
    server.user.own(service)


@pytest.fixture
def spilling(make_resource: MakeResource, server: Server, passfile: None) -> Resource:
    """A resource whose logs and traces say secrets in many ways."""
    service = server.data.parent / "pg_service.conf"
    resource = make_resource(server, env=f"PGSERVICEFILE={service}")
    secrets_everywhere(server)
    assert resource.online().returncode == 0, resource.trace()
    server.ask(f"create role one password '{ROLE}'")
    server.ask(f"create role two password\n\t'{ROLE}'")
    uri = URI.replace("/", "%2F").replace("@", "%40")
    server.ask(f"select 'postgresql://user:{uri}@host/db'")
    server.ask(f"select $$host=a password={TYPED} dbname=b$$")
    spilt = [f"{secret} alone in a line, and {json.dumps(secret)}" for secret in KNOWN]
    for file in ("server.log", "trace.log"):
        path = resource.work / file
        with path.open("a") as log:
            log.write("".join(f"{line}\n" for line in spilt))
            log.write(f"{resource.work}/x: password = '{TYPED}'\n")
    return resource


# What somebody has written down, so that it is left out even where nothing tells of it.
KNOWN = (STORED, SERVICE, SENT, REPLICA, ENVIRON, PROCESS)


@pytest.fixture
def other_process(server: Server) -> Iterator[None]:
    """A process of the OS user that has a secret among its variables."""
    process = subprocess.Popen(
        ["sleep", "600"], env={"MY_TOKEN": PROCESS}, **server.user.popen_options()
    )
    yield
    process.kill()
    process.wait()


def test_secrets_that_are_everywhere_are_nowhere_in_it(
    spilling: Resource, other_process: None, into: Path, tmp_path: Path
) -> None:
    logs = tmp_path / "log"
    logs.mkdir()
    (logs / "switchlog").write_text(
        f"PGPASSWORD={ENVIRON} was set\n{ENVIRON}\npostgresql://a:{TYPED}@b\nthe end\n"
    )
    spilt = "".join(
        (spilling.work / name).read_text() for name in ("server.log", "trace.log")
    )
    assert all(secret in spilt for secret in (*KNOWN, ROLE, TYPED))

    parts = collect(spilling, into, RELIANT_LOG_PATH=str(logs), PGPASSWORD=ENVIRON)
    for name, text in parts.items():
        for secret in SECRETS:
            assert secret not in text, name
            assert secret[-4:] not in text, name  # no part of it either
    assert "the end" in parts["rms/switchlog"]
    assert "alone in a line" in parts["server.log"]
    assert "ready to accept connections" in parts["server.log"]


def test_hostile_files_in_the_work_directory_hold_nobody_up(
    make_resource: MakeResource, server: Server, into: Path, tmp_path: Path
) -> None:
    resource = make_resource(server)
    closed = tmp_path / "closed"
    closed.write_text("roots own\n")
    closed.chmod(0o600)
    work = resource.work
    (work / "trace.log").unlink(missing_ok=True)
    (work / "trace.log").symlink_to(closed)
    os.mkfifo(work / "trace.log.1")
    with (work / "server.log").open("wb") as sparse:
        sparse.truncate(1 << 40)
        sparse.seek((1 << 40) - 28)
        sparse.write(b"\nthe last line of all of it\n")
    (work / "identity").unlink(missing_ok=True)
    (work / "identity").mkdir()
    parts = collect(resource, into)
    contents = parts["CONTENTS"]
    assert (
        "trace.log               not taken: trace.log: it is a symbolic link"
        in contents
    )
    assert "trace.log.1             not taken: trace.log.1: it is a FIFO" in contents
    assert "identity                not taken: identity: it is a directory" in contents
    assert parts["server.log"] == "the last line of all of it\n"
    assert "its last 4 MB of 1099511627776 bytes" in contents
    assert "roots own" not in "".join(parts.values())


@pytest.mark.root
def test_root_reads_nothing_of_its_own_through_the_servers_log_files(
    make_resource: MakeResource, server: Server, into: Path, tmp_path: Path
) -> None:
    """current_logfiles says what the OS user writes into it."""
    resource = make_resource(server)
    closed = tmp_path / "closed"
    closed.write_text("roots own\n")
    closed.chmod(0o600)
    current = server.data / "current_logfiles"
    current.write_text(f"stderr {closed}\ncsvlog /etc/shadow\n")
    server.user.own(current)
    parts = collect(resource, into)
    assert "server/1.stderr         not taken: Permission denied" in parts["CONTENTS"]
    assert "server/2.csvlog         not taken: Permission denied" in parts["CONTENTS"]
    assert "roots own" not in "".join(parts.values())


def test_a_log_that_grows_meanwhile_is_taken_to_its_end_of_before(
    make_resource: MakeResource, server: Server, into: Path
) -> None:
    resource = make_resource(server)
    over = threading.Event()

    def grow() -> None:
        with (resource.work / "server.log").open("a") as log:
            while not over.wait(0.001):  # a slow machine's disk is not to be filled
                log.write("it grows\n" * 10_000)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        parts = collect(resource, into)
    finally:
        over.set()
        writer.join()
        (resource.work / "server.log").unlink()
    assert len(parts["server.log"]) <= 4 << 20


@pytest.fixture
def over_data(server: Server) -> Iterator[HungDisk]:
    """A file system to be mounted over the data directory: what looks there hangs."""
    disk = HungDisk(server.data)
    yield disk
    disk.remove()


@pytest.mark.root
def test_a_disk_that_hangs_is_said_and_the_rest_is_there(
    make_resource: MakeResource, server: Server, over_data: HungDisk, into: Path
) -> None:
    resource = make_resource(server)
    over_data.hang()
    try:
        over_data.mount()
    except OSError as ex:
        pytest.skip(f"no FUSE: {ex}")
    parts = collect(resource, into)
    assert "server                  not taken: no answer within" in parts["CONTENTS"]
    assert "space.data              not taken: no answer within" in parts["CONTENTS"]
    assert (
        "(configuration)         secrets there are not known (no answer"
        in (parts["CONTENTS"])
    )
    assert json.loads(parts["status.json"])["state"] == "offline"
    assert parts["record"]


@pytest.mark.root
def test_a_definition_that_cannot_be_read_is_taken_from_the_entry_under_run(
    make_resource: MakeResource, server: Server, into: Path
) -> None:
    resource = make_resource(server)
    assert resource.online().returncode == 0
    path = resource.registry / resource.name / "definition.toml"
    path.write_text("password = spoilt-Hx9Z\n")
    parts = collect(resource, into)
    assert 'name = "pgxtest"' in parts["definition.toml"]
    assert "could not read definition" in parts["check.json"]
    assert "pgx_monitor" in parts["trace.log"]


def test_a_monitor_that_hangs_does_not_matter(
    make_resource: MakeResource, server: Server, into: Path
) -> None:
    resource = make_resource(server)
    assert resource.online().returncode == 0
    with stopped(monitor_of(resource)):
        parts = collect(resource, into)
    assert "pgx_monitor" in parts["trace.log"]
