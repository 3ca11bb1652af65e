"""What is left of a text once secrets are left out of it."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_pclrsc.bundle.core import places, tail
from pgx_pclrsc.bundle.core.redaction import LEFT_OUT, scrubbed

# Each with the secret `hunter2-Zx9`, or `it's h"2\Zx9` where quotes are the point.
PLAIN = "hunter2-Zx9"
LOOKS = [
    "host=a port=5432 password=hunter2-Zx9 user=b",
    "password = 'hunter2-Zx9'",
    "primary_conninfo = 'host=a password=''hunter2-Zx9'' user=b'",
    r"primary_conninfo = 'host=a password=\'hunter2-Zx9\' user=b'",
    '"primary_conninfo": "host=a password=\'hunter2-Zx9\'"',
    r'{"message": "host=a password=\"hunter2-Zx9\" user=b"}',
    '{"password": "hunter2-Zx9"}',
    "postgresql://user:hunter2-Zx9@host:5432/db",
    "postgres://host/db?user=a&password=hunter2-Zx9",
    "postgresql://us%40er:p%40hunter2-Zx9@host",
    "http://u:p@hunter2-Zx9@host/x",
    "PGPASSWORD=hunter2-Zx9 psql",
    "export PGPASSWORD='hunter2-Zx9'",
    "sslpassword=hunter2-Zx9",
    'ldapbindpasswd="hunter2-Zx9"',
    'radiussecrets="hunter2-Zx9"',
    "ALTER ROLE a PASSWORD 'hunter2-Zx9'",
    "create user a with encrypted password E'hunter2-Zx9' valid until 'x'",
    "create user a password $$hunter2-Zx9$$",
    "create user a password $x$hunter2-Zx9$x$",
    "create user a password U&'hunter2-Zx9'",
    "ALTER ROLE a PASSWORD\n\t'hunter2-Zx9'",
    "ALTER ROLE a PASSWORD 'one\n\thunter2-Zx9'",
    "ALTER ROLE a PASSWORD 'SCRAM-SHA-256$4096:aaaa$hunter2-Zx9:bbbb'",
    "rolpassword | SCRAM-SHA-256$4096:aaaa$hunter2-Zx9:bbbb |",
    "*:5432:*:probe:hunter2-Zx9",
    "localhost:5432:db:a:hun\\:ter2:hunter2-Zx9",
    "Authorization: Basic hunter2-Zx9aaaa",
    "sent Bearer hunter2-Zx9aaaa to",
    "api_key: hunter2-Zx9",
    "AWS_SECRET_ACCESS_KEY=hunter2-Zx9",
    "token=hunter2-Zx9",
    "//server/share /mnt cifs username=a,password=hunter2-Zx9,uid=0 0 0",
    "pwd=hunter2-Zx9",
    "-----BEGIN RSA PRIVATE KEY-----\nAAAA\nhunter2-Zx9\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nhunter2-Zx9",
    "passphrase => hunter2-Zx9",
    "The failed archive command was: sshpass -p hunter2-Zx9 scp pg_wal/1 b:",
    "sshpass -phunter2-Zx9 scp",
    "sshpass -p 'hunter2-Zx9' scp",
    "curl -T pg_wal/1 -u joe:hunter2-Zx9 https://b/",
    "curl --user 'joe:hunter2-Zx9' https://b/",
    "smbclient -U joe%hunter2-Zx9 //b/c",
    "ipmitool -I lanplus -H b -U root -P hunter2-Zx9 power off",
    "mysqldump --password hunter2-Zx9",
    "gpg --passphrase hunter2-Zx9 -c",
    "openssl enc -pass pass:hunter2-Zx9",
    "pgbackrest --repo1-cipher-pass=hunter2-Zx9",
    "repo1-s3-key=hunter2-Zx9",
    "AccountKey=hunter2-Zx9",
    "https://b/c?X-Amz-Signature=hunter2-Zx9",
    "Cookie: sid=hunter2-Zx9",
]


@pytest.mark.parametrize("text", LOOKS)
def test_what_looks_like_a_secret_is_left_out_though_nobody_knows_it(text: str) -> None:
    around = f"before it\n{text}\nbehind it"
    left = scrubbed(around)
    assert "hunter2" not in left
    assert left.startswith("before it\n")
    assert LEFT_OUT in left


@pytest.mark.parametrize(
    "text",
    [
        'FATAL:  password authentication failed for user "a"',
        'DETAIL:  Connection matched pg_hba.conf line 1: "local all all scram-sha-256"',
        "no password supplied",
        "2026-11-29 17:36:56.123 UTC [123] LOG:  checkpoint complete: wrote 3 buffers",
        "pgx_monitor: hint: It was looked for in /home/a/.pgpass as a:1:b:c.",
        "the entry is tokenless, and so is the passage",
        "The failed archive command was: pgbackrest --stanza=main archive-push pg_wal/1",
        "The failed archive command was: psql -U joe -p 5432 -c 'select 1'",
        "bypass: no; two passes: 3 s; --no-password --dry-run",
    ],
)
def test_what_only_speaks_of_passwords_stays(text: str) -> None:
    assert scrubbed(text) == text


def test_an_open_quote_takes_no_more_than_a_few_lines() -> None:
    text = "PASSWORD 'never closed\n" + "line\n" * 50
    left = scrubbed(text).split("\n")
    assert left.count("line") >= 25
    assert left.count(LEFT_OUT) >= 15


SECRETS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp", "Cs"]),
    min_size=6,
)


@given(SECRETS, st.text(max_size=50), st.text(max_size=50))
def test_a_secret_that_is_known_is_in_no_text_however_it_is_written(
    secret: str, before: str, behind: str
) -> None:
    for written in (
        secret,
        secret.replace("'", "''"),
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
    ):
        left = scrubbed(f"{before}{written}{behind}", {secret})
        assert written not in left or written in LEFT_OUT


@given(st.text(), st.sets(SECRETS, max_size=3))
def test_no_text_is_refused_and_a_second_time_changes_nothing_known(
    text: str, known: set[str]
) -> None:
    for secret in known:
        left = scrubbed(text, known)
        assert secret not in left or secret in LEFT_OUT


def test_a_short_secret_is_left_out_as_a_word_alone() -> None:
    assert scrubbed("cat says cat, category", {"cat"}) == (
        f"{LEFT_OUT} says {LEFT_OUT}, category"
    )
    assert scrubbed("a b", {"a", ""}) == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "password=" * 200_000,
        "password" * 200_000,
        "x" * 2_000_000,
        "://" * 500_000,
        "://" + "a" * 2_000_000,
        "-----BEGIN PRIVATE KEY-----" * 50_000,
        "a:" * 700_000,
        "'" * 1_000_000,
        "password '" * 150_000,
        "bearer " * 200_000,
        "PASSWORD\n" * 150_000,
        "\n" * 1_000_000,
        "SCRAM-SHA-" * 150_000,
        "ipmitool " * 200_000,
        "-u a" * 300_000,
        " -u a" * 300_000,
        " --pass " * 200_000,
    ],
    ids=range(17),
)
def test_a_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    """A pattern that tried again at each place would go on for hours."""
    began = time.process_time()  # ours alone, however busy the machine is
    assert isinstance(scrubbed(text, {"hunter2"}), str)
    assert time.process_time() - began < 30


def test_a_log_that_was_cut_begins_with_a_whole_entry() -> None:
    cut = "ord=secret\n\t'more of it'\n\n  still\n2026 LOG: x\n\tits own\n"
    assert tail.from_first_entry(cut) == "2026 LOG: x\n\tits own\n"
    assert tail.from_first_entry("no end of a line") == ""
    assert tail.from_first_entry("cut\n\tonly continued\n") == ""
    assert tail.from_first_entry("") == ""


def test_a_passfile_has_what_follows_the_fourth_colon() -> None:
    text = "# a:b:c:d:no\n*:5432:*:a:one:two\\:three\nh\\:x:1:d:u:four\nfew:1\n"
    assert places.in_passfile(text) == {"one:two\\:three", "one:two:three", "four"}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("primary_conninfo = 'host=a password=''se cret'' user=b'", "se cret"),
        ("primary_conninfo = 'host=a password=secret user=b'", "secret"),
        ("[service]\npassword=secret\nhost=a", "secret"),
        ("psql 'postgresql://a:se%20cret@host/db'", "se cret"),
        ("postgres://host/db?password=sec%2Fret&x=1", "sec/ret"),
        ("password='it\\'s'", "it's"),
        ('host all all ldap ldapbindpasswd="secret"', "secret"),
    ],
)
def test_a_text_has_the_passwords_that_it_assigns(text: str, secret: str) -> None:
    assert secret in places.in_text(text)


def test_variables_and_settings_tell_by_their_names() -> None:
    data = "PGPASSWORD=one\0HOME=/home/a\0MY_TOKEN=two\0PGPASSFILE=/x\0odd\0"
    known = places.in_environment(places.variables(data))
    assert known == {"one", "two"}
    found = places.in_setting("ssl_passphrase_command", "echo topsecret")
    assert {"echo topsecret", "topsecret"} <= found
    assert places.in_setting("port", "5432") == set()
