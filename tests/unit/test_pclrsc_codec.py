"""definition.toml: what is written, and what is refused when it is read."""

from __future__ import annotations

import tomllib

import pytest

from pgx_base.light.dataclasses import replace
from pgx_pclrsc.core import codec, key_value
from tests.unit.test_pclrsc_definition import DEFINITION

TEXT = codec.encode(DEFINITION)


def refusal(text: str) -> str:
    """Return the detail with which *text* is refused."""
    with pytest.raises(codec.Unsound) as caught:
        codec.decode(text)
    return caught.value.detail or ""


def test_what_is_written_is_what_is_read() -> None:
    found = replace(
        DEFINITION, env={"A": 'b "c" \\ =', "B": ""}, data_directory="/日本 語"
    )

    assert codec.decode(codec.encode(found)) == found


def test_the_keys_stand_in_the_order_of_the_synopsis() -> None:
    keys = list(tomllib.loads(TEXT))

    assert keys[:5] == ["name", "os_user", "data_directory", "work_directory", "nodes"]
    assert keys[-3:] == ["broken_pid_file", "env", "os_user_identity"]


def test_an_unrecognized_key_is_named() -> None:
    assert 'unrecognized key "shiny"' in refusal("shiny = 1\n" + TEXT).lower()
    assert (
        'unrecognized key "os_user_identity.shiny"'
        in refusal(TEXT + "shiny = 1\n").lower()
    )


def test_who_the_os_user_is_stands_in_its_own_table() -> None:
    assert '"uid outside os_user_identity"' in refusal("uid = 7\n" + TEXT)


@pytest.mark.parametrize("key", ["name", "nodes", "db_user"])
def test_a_missing_key_is_named(key: str) -> None:
    lines = TEXT.splitlines()
    without = "\n".join(line for line in lines if not line.startswith(f"{key} "))

    assert f'missing key "{key}"' in refusal(without).lower()


@pytest.mark.parametrize("key", ["switch_mode", "broken_pid_file"])
def test_a_definition_of_an_earlier_version_gets_the_defaults(key: str) -> None:
    lines = TEXT.splitlines()
    older = "\n".join(line for line in lines if not line.startswith(key))

    assert codec.decode(older) == DEFINITION


# What the first version, which wrote with tomli_w, has left in a registry.
OLDER = r"""name = "pg1"
os_user = "postgres"
data_directory = "/日本 \"語\""
work_directory = "/var/opt/a\\b"
nodes = [
    "node1RMS",
    "node2RMS",
]
db_user = "monitor"
response_timeout = 0
timeout_retry_count = 6
trace_max_file_size = 10240
watch_interval = 3
online_timeout = 3600
offline_timeout = 1800
bin_dir = ""
config_file = ""
auth_failure = "fault"
switch_mode = "immediate"

[env]
LC_MESSAGES = "ja_JP.UTF-8"
EMPTY = ""

[os_user_identity]
uid = 26
gid = 26
groups = []
home = "/home/x#y"
shell = "/bin/bash"
"""


def test_what_the_first_version_wrote_is_read() -> None:
    found = codec.decode(OLDER)

    assert found.data_directory == '/日本 "語"'
    assert found.work_directory == r"/var/opt/a\b"
    assert found.nodes == ("node1RMS", "node2RMS")
    assert found.env == {"LC_MESSAGES": "ja_JP.UTF-8", "EMPTY": ""}
    assert (found.uid, found.groups, found.home) == (26, (), "/home/x#y")


def test_a_damaged_text_is_refused_with_the_line() -> None:
    with pytest.raises(codec.Unsound) as caught:
        codec.decode(OLDER.replace("watch_interval = 3", "watch_interval: 3"))

    assert caught.value.primary == "could not read definition"
    assert caught.value.detail == (
        'Line 13 cannot be understood: "=" is missing behind "watch_interval".'
    )
    assert caught.value.hint


def test_every_text_that_was_cut_short_is_refused() -> None:
    for length in range(len(TEXT) - 1):
        refusal(TEXT[:length])


def test_root_is_never_the_os_user() -> None:
    assert 'value "0" for uid' in refusal(TEXT.replace("uid = 26", "uid = 0"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("watch_interval = 3", 'watch_interval = "3"'),
        ("watch_interval = 3", "watch_interval = 3.0"),
        ("watch_interval = 3", "watch_interval = true"),
        ("watch_interval = 3", "watch_interval = 1979-05-27"),
        ("watch_interval = 3", "watch_interval = " + "9" * 5000),
        ('name = "pg1"', "name = [1]"),
        ("[env]", "env = 1\n[x]"),
        ("[env]", "[env]\nPGPASSWORD = 'x'"),
        ('"node1RMS"', "[1]"),
        ('work_directory = "/var/opt/pg1"', 'work_directory = "/pgdata/pg1/w"'),
        ("groups = [", "groups = [-1,"),
        ("[os_user_identity]", "[[os_user_identity]]"),
    ],
)
def test_values_of_a_wrong_kind_are_refused(old: str, new: str) -> None:
    assert old in TEXT
    refusal(TEXT.replace(old, new))


def test_each_setting_is_shown_on_a_line_as_toml_has_it() -> None:
    shown = codec.settings(replace(DEFINITION, env={"A": 'b"', "B": ""}))
    lines = [*key_value.lines(shown)]

    assert tomllib.loads("\n".join(lines)) == shown
    assert all("\n" not in line for line in lines)
    assert 'nodes = ["node1RMS", "node2RMS"]' in lines
    assert "watch_interval = 3" in lines
