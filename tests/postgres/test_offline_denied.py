"""pgx_offline as a user that may not signal the server."""

from __future__ import annotations

import pwd

import pytest

from fixtures.processes import gone
from tests.fix_resource import Resource
from tests.postgres.test_offline_stuck import AT_ONCE
from tests.postgres.test_offline_stuck import patient as patient

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.mark.parametrize("reason", ["STOP", "FAULT"])
def test_it_gives_up_at_once_and_names_both_uids(
    patient: Resource, reason: str
) -> None:
    """Registered for another user meanwhile; the entry under /run still names it."""
    resource = patient
    assert resource.online().returncode == 0
    pid = resource.known().postmaster
    other = pwd.getpwnam("daemon")
    path = resource.registry / resource.name / "definition.toml"
    text = path.read_text()
    ours = resource.server.user
    path.write_text(
        text.replace(f'os_user = "{ours.name}"', f'os_user = "{other.pw_name}"')
        .replace(f"\nuid = {ours.uid}\n", f"\nuid = {other.pw_uid}\n")
        .replace(f"\ngid = {ours.gid}\n", f"\ngid = {other.pw_gid}\n")
    )
    result = resource.offline(env={"HV_OFFLINE_REASON": reason}, limit=AT_ONCE)

    assert result.returncode == 1
    named = f"of uid {ours.uid}, which uid {other.pw_uid} may not signal"
    assert named in result.stderr
    assert "giving up: the postmaster may not be signalled" in result.stderr
    assert not gone(pid)
    path.write_text(text)
    assert resource.offline().returncode == 0
