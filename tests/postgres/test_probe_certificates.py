"""What lies in the OS user's home does not steer the monitor's login; a definition may."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_postgres.probe import login
from pgx_postgres.probe.addresses import Address
from pgx_postgres.probe.question import set_up
from pgx_postgres.watch.classify import ErrorReply, Row
from tests.fix_postgres import MakeServer
from tests.postgres.asking import ask

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres("oldest")]


@pytest.fixture(autouse=True)
def ready() -> None:
    set_up()


def _certificate(directory: Path, name: str) -> None:
    """Make NAME.crt and NAME.key, signed by itself."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-out", f"{name}.crt", "-keyout", f"{name}.key",
        ],
        cwd=directory,
        check=True,
        capture_output=True,
    )  # fmt: skip


@pytest.fixture
def secure(make_server: MakeServer) -> Server:
    """A server that lets in by TCP with SSL alone."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    server = make_server()
    _certificate(server.data, "server")
    for name in ("server.crt", "server.key"):
        (server.data / name).chmod(0o600)
        server.user.own(server.data / name)
    server.configure(listen_addresses="127.0.0.1", ssl="on")
    (server.data / "pg_hba.conf").write_text("hostssl all all all trust\n")
    pid = server.launch()
    wait_until(lambda: server.status_line() == "ready" or gone(pid), "ready")
    if gone(pid) and "not supported" in server.log():
        pytest.skip("only a PostgreSQL that was built with SSL can be asked")
    assert not gone(pid), server.log()
    return server


def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with certificates of something else, and a key that anybody can read."""
    kept = tmp_path / ".postgresql"
    kept.mkdir()
    _certificate(kept, "other")
    shutil.copy(kept / "other.crt", kept / "root.crt")
    shutil.copy(kept / "other.crt", kept / "postgresql.crt")
    shutil.copy(kept / "other.key", kept / "postgresql.key")
    (kept / "postgresql.key").chmod(0o644)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_files_in_the_home_do_not_steer_it(
    secure: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(tmp_path, monkeypatch)
    at = [Address(secure.port, hostaddr="127.0.0.1")]

    assert ask(secure, at, as_whom=login.of(secure.user.name, str(home), {})) == Row()


def test_a_definition_may_name_them(
    secure: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(tmp_path, monkeypatch)
    at = [Address(secure.port, hostaddr="127.0.0.1")]
    other = {"PGSSLROOTCERT": str(home / ".postgresql/root.crt")}
    right = {"PGSSLROOTCERT": str(tmp_path / "server.crt"), "PGSSLMODE": "verify-ca"}
    shutil.copy(secure.data / "server.crt", tmp_path / "server.crt")
    os.chmod(tmp_path / "server.crt", 0o644)

    name = secure.user.name
    assert ask(secure, at, as_whom=login.of(name, str(home), right)) == Row()
    # It is not trusted: libpq tries without SSL, which pg_hba.conf does not have.
    wrong = ask(secure, at, as_whom=login.of(name, str(home), other))
    assert wrong == ErrorReply("28000")
