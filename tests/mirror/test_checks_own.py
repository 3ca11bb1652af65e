"""mc_ctl setup looks at this server's own settings before a byte is copied."""

from __future__ import annotations

import pytest

from fixtures.server import Server
from pgx_mirror.setup import own
from tests.fix_mcdir import Mcdir
from tests.mirror.setups import errors, run_standby, setup, untouched
from tests.mirror.test_checks_setup import restarted, said

pytestmark = pytest.mark.one_postgres

KEPT = "nd2.postgresql.conf"


def lay(mcdir: Mcdir, *lines: str) -> None:
    """Add *lines* to the postgresql.conf that is laid for this server."""
    text = (mcdir.path / KEPT).read_text()
    mcdir.write(KEPT, "\n".join([text, *lines, ""]))


def test_all_that_keeps_it_from_being_a_standby_is_told_at_once(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    restarted(primary, fsync="off")
    lay(mcdir, "max_connections = 15", "max_wal_senders = 4", "hot_standby = off")
    lay(mcdir, "wal_level = minimal", "max_wal_senders = 0")

    found = errors(setup(mcdir, primary))

    assert "fsync of the primary is off" in found
    wanted = primary.ask("show max_connections")
    assert f"max_connections of this server is 15, and the primary's {wanted}" in found
    assert any("max_wal_senders of this server is 0, and" in line for line in found)
    assert "hot_standby of this server is off" in found
    assert "wal_level of this server is minimal" in found
    assert list(standby.data.iterdir()) == []
    untouched(mcdir, primary)


def test_what_does_harm_later_is_told(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    lay(mcdir, "full_page_writes = off", "wal_receiver_status_interval = 0")

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    for name in ("full_page_writes", "wal_receiver_status_interval"):
        assert f"{name} of this server is" in said(made, "warning")
        assert f"{name} of the primary is" not in made.stderr
    run_standby(primary, standby)


@pytest.mark.parametrize("line", ["no_such_parameter = 1", "max_connections = 'many'"])
def test_a_file_that_postgresql_does_not_read_is_refused(
    mcdir: Mcdir, primary: Server, standby: Server, line: str
) -> None:
    lay(mcdir, line)

    (found,) = errors(setup(mcdir, primary))

    assert "postgresql.conf of this server cannot be read by PostgreSQL: " in found
    assert line.split()[0] in found
    assert list(standby.data.iterdir()) == []
    untouched(mcdir, primary)


def test_what_the_copy_brings_counts_more(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """postgresql.auto.conf is the primary's then."""
    primary.ask("alter system set max_connections = 30")
    restarted(primary)
    lay(mcdir, "max_connections = 15")

    made = setup(mcdir, primary)

    assert made.returncode == 0, made.stderr
    assert "max_connections" not in made.stderr
    run_standby(primary, standby)


def test_what_is_wrong_by_its_own_auto_conf_alone_is_told(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    """It counts where the standby only streams again, which is not known yet."""
    assert setup(mcdir, primary).returncode == 0
    run_standby(primary, standby)
    standby.stop()
    auto = standby.data / "postgresql.auto.conf"
    with auto.open("a") as file:
        file.write("max_connections = 15\n")

    again = setup(mcdir, primary)
    text = "max_connections of this server is 15"
    assert again.returncode == 0, again.stderr
    assert text in said(again, "warning")

    assert text in " ".join(errors(setup(mcdir, primary, "--method=streaming")))
    copied = setup(mcdir, primary, "--method=copy")
    assert copied.returncode == 0 and text not in copied.stderr


@pytest.mark.parametrize(
    ("listens", "told"),
    [
        ("192.0.2.1", True), ("127.0.0.1, 192.0.2.1", True), ("192.0.2.9", False),
        ("*", False), ("::", False), ("node1", False), ("", False),
        ("192.0.2.1,192.0.2.9", False),
    ],
)  # fmt: skip
def test_a_server_listens_where_the_primary_sees_it(listens: str, told: bool) -> None:
    found = list(own.unlistened(listens, "192.0.2.9"))

    assert bool(found) == told
    assert not any(one.is_error for one in found)
    assert list(own.unlistened(listens, "")) == []
