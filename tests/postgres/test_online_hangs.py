"""A start that hangs before there is a startup process: what it waits for is named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fixtures.needs import missing
from fixtures.server import Server
from tests.fix_resource import MakeResource, Resource, Result
from tests.postgres.online_runs import nothing_is_left

_OPENSSL = (
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=x"),
    *("-passout", "pass:secret"),
)

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres, pytest.mark.alone]


def hangs(resource: Resource) -> Result:
    result = resource.online()

    assert result.returncode == 1
    assert "has not begun recovery, it waits " in result.stderr
    assert "no time-out is long enough" in result.stderr
    assert "Raise --online-timeout" not in result.stderr
    nothing_is_left(resource)
    return result


@pytest.mark.skipif(bool(missing("openssl")), reason=missing("openssl"))
@pytest.mark.one_postgres("nls")  # the wheel's has no TLS
def test_a_command_for_the_pass_phrase(
    make_resource: MakeResource, server: Server
) -> None:
    key, certificate = server.data / "server.key", server.data / "server.crt"
    subprocess.run(
        [*_OPENSSL, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    key.chmod(0o600)
    server.user.own(key)
    server.user.own(certificate)
    server.configure(ssl="on", ssl_passphrase_command="sleep 611 # startup")
    result = hangs(make_resource(server, online_timeout=10))

    assert "sleep 611" in result.stderr


def test_a_lock_file_of_the_socket_that_is_a_fifo(
    make_resource: MakeResource, server: Server
) -> None:
    path = Path(server.sockets) / f".s.PGSQL.{server.port}.lock"
    os.mkfifo(path, 0o600)
    server.user.own(path)
    result = hangs(make_resource(server, online_timeout=10))

    assert "it waits in" in result.stderr


def test_a_recovery_that_takes_long_is_told_as_one(
    make_resource: MakeResource, server: Server
) -> None:
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    server.configure(restore_command="sleep 612", cluster_name="startup: main")
    result = make_resource(server, online_timeout=10).online()

    assert result.returncode == 1
    assert "sleep 612" in result.stderr
    assert "Raise --online-timeout" in result.stderr
