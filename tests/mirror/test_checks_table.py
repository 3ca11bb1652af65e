"""What a pair needs of PostgreSQL's settings: each row of the table, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.checks import finding, obsolete, table
from pgx_mirror.checks.finding import Finding

GOOD = {
    "archive_command": "",
    "archive_mode": "off",
    "data_checksums": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "hot_standby": "on",
    "listen_addresses": "*",
    "max_connections": "100",
    "max_replication_slots": "10",
    "max_slot_wal_keep_size": "20GB",
    "max_wal_senders": "10",
    "recovery_target_timeline": "latest",
    "superuser_reserved_connections": "3",
    "synchronous_commit": "on",
    "wal_keep_size": "0",
    "wal_level": "replica",
    "wal_log_hints": "off",
    "wal_receiver_status_interval": "1s",
    "wal_sender_timeout": "5400ms",
}


def judged(**changes: str) -> list[Finding]:
    return list(table.judge(GOOD | changes, "this server", apart=True))


def said(found: list[Finding]) -> list[str]:
    return [one.what.primary for one in found]


def test_what_is_asked_is_what_is_judged() -> None:
    assert set(table.ASKED) == set(GOOD)
    assert table.ASKED[-1] == "archive_command"  # it may have several lines


ERROR, WARNING = True, False
WRONG = [
    ({"wal_level": "minimal"}, ERROR),
    ({"max_wal_senders": "0"}, ERROR),
    ({"max_wal_senders": "1"}, ERROR),
    ({"max_wal_senders": "2"}, WARNING),
    ({"max_replication_slots": "0"}, ERROR),
    ({"hot_standby": "off"}, ERROR),
    ({"fsync": "off"}, ERROR),
    ({"full_page_writes": "off"}, WARNING),
    ({"wal_log_hints": "off", "data_checksums": "off"}, WARNING),
    ({"wal_keep_size": "0", "max_slot_wal_keep_size": "-1"}, WARNING),
    ({"recovery_target_timeline": "current"}, WARNING),
    ({"synchronous_commit": "off"}, WARNING),
    ({"synchronous_commit": "local"}, WARNING),
    ({"synchronous_commit": "remote_write"}, WARNING),
    ({"wal_receiver_status_interval": "0"}, WARNING),
    ({"wal_receiver_status_interval": "6s"}, WARNING),
    ({"wal_receiver_status_interval": "1min", "wal_sender_timeout": "60s"}, WARNING),
    ({"superuser_reserved_connections": "0"}, WARNING),
    ({"max_connections": "10"}, WARNING),
    ({"archive_command": "cp pg_xlog/%f /b/%f", "archive_mode": "on"}, WARNING),
    ({"listen_addresses": ""}, WARNING),
    ({"listen_addresses": "localhost, 127.0.0.1,::1"}, WARNING),
]
RIGHT: list[dict[str, str]] = [
    {},
    {"wal_level": "logical"},
    {"max_wal_senders": "3"},
    {
        "max_replication_slots": "0",
        "max_slot_wal_keep_size": "-1",
        "wal_keep_size": "1",
    },
    {"wal_log_hints": "on", "data_checksums": "off"},
    {"synchronous_commit": "remote_apply"},
    {"wal_sender_timeout": "0", "wal_receiver_status_interval": "10s"},
    {"wal_sender_timeout": "1min", "wal_receiver_status_interval": "59s"},
    {"archive_command": "cp pg_xlog/%f /b/%f", "archive_mode": "off"},
    {
        "archive_command": "pgx_xlogcopy.cmd %p /b/archived_xlog/%f",
        "archive_mode": "on",
    },
    {"archive_command": "cp %p /b/%f", "archive_mode": "on"},
    {"listen_addresses": "localhost,192.0.2.100"},
]


@pytest.mark.parametrize(("changes", "level"), WRONG, ids=str)
def test_each_wrong_setting_is_told_alone(changes: dict[str, str], level: bool) -> None:
    found = judged(**changes)
    name = next(iter(changes))
    text = changes[name] or "empty"

    assert said(found) == [f"{name} of this server is {text}"]
    assert found[0].is_error == level
    assert found[0].what.detail and found[0].what.hint
    assert bool(finding.errors(found)) == level
    assert bool(finding.warnings(found)) != level


@pytest.mark.parametrize("changes", RIGHT, ids=str)
def test_what_suits_a_pair_is_not_told(changes: dict[str, str]) -> None:
    assert said(judged(**changes)) == []


def test_both_servers_on_one_host_need_no_other_address() -> None:
    values = GOOD | {"listen_addresses": "127.0.0.1"}
    assert list(table.judge(values, "this server")) == []


@given(st.sets(st.sampled_from(sorted(GOOD))))
def test_what_was_not_asked_is_not_judged(names: set[str]) -> None:
    """An older server may not have one: a row is judged by all that it goes by."""
    wrong = {name: text for changes, _ in WRONG for name, text in changes.items()}
    values = {name: (GOOD | wrong)[name] for name in names}
    for one in table.judge(values, "this server", apart=True):
        assert one.what.primary.split()[0] in names


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("5400ms", 5.4), ("1min", 60), ("10s", 10), ("2h", 7200), ("1d", 86400)],
)
def test_times_are_read_as_show_tells_them(text: str, seconds: float) -> None:
    assert table.seconds(text) == pytest.approx(seconds)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert table.seconds(text) >= 0 or "-" in text


OLD = [
    (b"replication_timeout", 13, "wal_sender_timeout"),
    (b"wal_keep_segments", 13, "wal_keep_size"),
    (b"checkpoint_segments", 15, "max_wal_size"),
    (b"standby_mode", 13, "standby.signal"),
    (b"promote_trigger_file", 16, "mc_ctl switch"),
    (b"vacuum_defer_cleanup_age", 16, "hot_standby_feedback"),
    (b"backup_destination", 15, "serverIdentifier.conf"),
]


@pytest.mark.parametrize(("name", "major", "now"), OLD)
def test_a_name_of_old_is_told_with_todays(name: bytes, major: int, now: str) -> None:
    (one,) = obsolete.problems([("postgresql.conf", 7, name)], major)

    assert name.decode() in one.primary
    assert "line 7" in (one.detail or "")
    assert now in (one.hint or "")


def test_a_name_that_the_version_has_is_not_told() -> None:
    lines = [("c", 1, b"vacuum_defer_cleanup_age"), ("c", 2, b"wal_keep_size")]
    assert obsolete.problems(lines, 15) == []
