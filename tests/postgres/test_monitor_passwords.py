"""A server that asks the monitor for a password."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.server import Server
from tests.fix_resource import MakeResource
from tests.postgres.adopted import (
    adopt,
    start,
    stays_online,
    warned,
)

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]

# A reply that counts does so at once; silence of a busy machine does not.
QUICK: dict[str, object] = {"response_timeout": 30, "timeout_retry_count": 1}


def passwords(server: Server, stored: str) -> None:
    """Have the server ask a role `probe` for its password, and keep *stored* for it."""
    server.start_plain()
    server.ask("create role probe login password 'right'")
    (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    server.stop()
    start(server)
    home = Path(os.path.expanduser(f"~{server.user.name}"))
    passfile = home / ".pgpass"
    passfile.write_text(f"*:{server.port}:*:probe:{stored}\n")
    passfile.chmod(0o600)
    server.user.own(passfile)


@pytest.fixture
def passfile(server: Server) -> Iterator[None]:
    """Have the OS user's .pgpass for ourselves, and leave it as it was."""
    path = Path(os.path.expanduser(f"~{server.user.name}")) / ".pgpass"
    if not os.access(path.parent, os.W_OK):
        pytest.skip("the OS user's home cannot be written")
    # The home itself: a lock file in /tmp would be closed to the next user.
    lock = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = path.read_bytes() if path.exists() else None
        try:
            yield
        finally:
            if before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)
    finally:
        os.close(lock)


@pytest.mark.usefixtures("passfile")
def test_the_right_password(make_resource: MakeResource, server: Server) -> None:
    passwords(server, "right")

    resource = adopt(make_resource, server, db_user="probe", **QUICK)

    stays_online(resource, 1)
    assert "answers, but" not in resource.trace()


@pytest.mark.usefixtures("passfile")
def test_a_wrong_password_is_a_fault(
    make_resource: MakeResource, server: Server
) -> None:
    passwords(server, "wrong")
    resource = make_resource(server, db_user="probe", **QUICK)

    resource.check()

    found = resource.wait_for_record("faulted")
    assert "28P01" in found.reason


@pytest.mark.usefixtures("passfile")
def test_a_wrong_password_is_a_warning_where_wished(
    make_resource: MakeResource, server: Server
) -> None:
    passwords(server, "wrong")

    resource = adopt(
        make_resource, server, db_user="probe", auth_failure="warn", **QUICK
    )

    warned(resource, "28P01")
    stays_online(resource, 2)
    assert "wrong" not in resource.trace().replace("wrong ownership", "")
