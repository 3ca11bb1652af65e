"""mc_ctl setup looks at the primary's configuration: refused, or told, before a byte is copied."""

from __future__ import annotations

import os
import signal

import pytest

from fixtures.server import Server
from tests.fix_mcdir import Mcdir, Result
from tests.mirror.setups import errors, setup, untouched

pytestmark = pytest.mark.one_postgres

# Set together, as each needs a restart, and nothing of it keeps the server from running.
REFUSED = {"hot_standby": "off", "fsync": "off", "max_replication_slots": "0"}
TOLD = {
    "full_page_writes": "off",
    "synchronous_commit": "local",
    "wal_receiver_status_interval": "0",
    "recovery_target_timeline": "current",
    "superuser_reserved_connections": "1",
    "max_connections": "8",
    "archive_mode": "on",
    "archive_command": "true pg_xlog\n %p",
}
WARNED = set(TOLD) - {"archive_mode"}
TRUST = "local all all trust\nhost all,replication all 127.0.0.1/32 trust\n"


def restarted(primary: Server, **settings: str) -> None:
    primary.stop()
    primary.configure(
        **{name: text.replace("\n", "\\n") for name, text in settings.items()}
    )
    primary.start_plain()


def reloaded(primary: Server, hba: str) -> None:
    """Have *primary* read another pg_hba.conf."""
    (primary.data / "pg_hba.conf").write_text(hba)
    os.kill(primary.pid() or 0, signal.SIGHUP)


def said(result: Result, word: str) -> str:
    """Return the lines of what was said that have *word* in them."""
    return "\n".join(line for line in result.stderr.splitlines() if word in line)


def test_settings_that_no_pair_works_with_are_refused_at_once(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    restarted(primary, **REFUSED)
    (standby.data / "postgresql.conf").write_text("wal_keep_segments = 8\n")
    mcdir.user.own(standby.data / "postgresql.conf")

    found = errors(setup(mcdir, primary))

    for name, value in REFUSED.items():
        assert f"{name} of the primary is {value}" in found
    assert any("sets wal_keep_segments, which PostgreSQL" in line for line in found)
    assert [path.name for path in standby.data.iterdir()] == ["postgresql.conf"]
    untouched(mcdir, primary)


def test_a_primary_without_a_log_to_stream_is_refused(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    restarted(primary, max_wal_senders="1")
    assert errors(setup(mcdir, primary)) == ["max_wal_senders of the primary is 1"]
    assert list(standby.data.iterdir()) == []


def test_settings_that_do_harm_later_are_told_and_the_standby_is_made(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    restarted(primary, **TOLD)

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    for name in WARNED:
        assert f"warning: {name} of the primary is" in made.stderr, name
    # On the host itself, trust is what initdb writes: told, and no more.
    assert "of the primary trusts for replication" in said(made, "warning")


def test_trust_for_other_hosts_and_broken_lines_are_refused(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    reloaded(primary, f"{TRUST}host replication all 192.0.2.0/24 trust\n")
    name = "pg_hba.conf, line 3, of the primary"
    assert errors(setup(mcdir, primary)) == [f"{name} trusts for replication"]

    reloaded(primary, f"{TRUST}host replication all 192.0.2.0/24 trusted\n")
    refused = setup(mcdir, primary)
    assert errors(refused) == [f"{name} cannot be read by PostgreSQL"]
    assert 'Invalid authentication method "trusted"' in refused.stderr
    assert list(standby.data.iterdir()) == []
    untouched(mcdir, primary)


def test_a_line_that_is_missing_is_told(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """What counts is the file, which is copied: the server may not have read it yet."""
    (primary.data / "pg_hba.conf").write_text("local all,replication all trust\n")

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    text = "pg_hba.conf of the primary has no line for replication from 127.0.0.1"
    assert text in said(made, "warning")


def test_whoever_may_not_read_it_is_told_so(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    primary.ask("create role repl login replication")
    arguments = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "repl"]
    options = ["-r", "standby", *arguments, "--standby-name=nd2"]

    made = mcdir.of("nd2", "setup", *options)

    assert made.returncode == 0, made.stderr
    assert "pg_hba.conf of the primary is not looked at: " in said(made, "warning")
