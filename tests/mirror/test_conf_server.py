"""serverIdentifier.conf: every parameter's range and default, quoting, and what is never shown."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.conf import arbitration, rows, server
from pgx_mirror.conf.kinds import Switch, Text, Whole, Word
from pgx_mirror.conf.parameters import MANUAL, Parameter
from pgx_mirror.conf.problem import Problem
from pgx_mirror.conf.server import Server

INSTANCE = "db_instance = '/database1/inst1'\n"
B4 = {
    # Table B.4: range and default, in the file's units.
    "remote_call_timeout": (0, 2147483647, 70000),
    "heartbeat_interval": (1, 2147483647, 800),
    "heartbeat_timeout": (1, 2147483647, 1),
    "heartbeat_retry": (0, 2147483647, 2),
}


def parsed(text: str) -> Server:
    found, _, problems = server.read((INSTANCE + text).encode())
    assert found is not None, problems
    return found


def problems(text: str) -> list[Problem]:
    return server.read((INSTANCE + text).encode())[2]


def faults(text: str) -> list[str]:
    return [f"{problem.line}: {problem.primary}" for problem in problems(text)]


def test_the_table_and_the_value_have_the_same_names() -> None:
    assert [*rows.TABLE] and {f.name for f in fields(Server)} == set(rows.TABLE)
    assert {f.name for f in fields(arbitration.Arbitration)} == set(arbitration.TABLE)


def test_table_b_4_is_whole() -> None:
    named = [name for name, row in rows.TABLE.items() if row.origin == MANUAL]

    assert named == [
        "db_instance",
        "db_instance_password",
        "remote_call_timeout",
        "core_file_path",
        "syslog_facility",
        "syslog_ident",
        "heartbeat_interval",
        "heartbeat_timeout",
        "heartbeat_retry",
    ]


def test_the_manuals_defaults() -> None:
    found = parsed("")

    assert (found.syslog_facility, found.syslog_ident) == (
        "LOCAL0",
        "MirroringControllerOpen",
    )
    assert found.remote_call_timeout == 70.0
    assert (found.heartbeat_interval, found.heartbeat_timeout) == (0.8, 1.0)
    assert found.heartbeat_retry == 2
    assert found.silence == pytest.approx(5.4)
    assert found == server.of("/database1/inst1")


@pytest.mark.parametrize(("name", "bounds"), B4.items())
def test_each_bound_of_b_4_one_below_and_one_above(
    name: str, bounds: tuple[int, int, int]
) -> None:
    low, high, default = bounds

    assert rows.TABLE[name].default == str(default)
    assert faults(f"{name} = {low}\n") == []
    assert faults(f"{name} = {high}\n") == []
    for wrong in (low - 1, high + 1):
        said = f'2: invalid value for parameter "{name}": "{wrong}"'
        assert faults(f"{name} = {wrong}\n") == [said]


@pytest.mark.parametrize("row", rows.TABLE.values(), ids=lambda row: row.name)
def test_each_default_is_in_its_range(row: Parameter) -> None:
    match row.kind:
        case Whole(low=low, high=high, never=never) if row.default:
            assert low <= int(row.default) <= high or int(row.default) == never
        case Word(words=words) if row.default:
            assert row.default in words
        case Switch():
            assert row.default in ("on", "off")
        case _:
            assert row.default in ("", "MirroringControllerOpen")


def test_times_are_seconds_and_zero_is_no_limit() -> None:
    found = parsed("remote_call_timeout = 0\nheartbeat_interval = 250\n")

    assert found.remote_call_timeout is None
    assert found.heartbeat_interval == 0.25
    assert found.agent_alive_timeout is None


def test_what_is_not_given_follows_the_heartbeat() -> None:
    found = parsed("heartbeat_interval = 250\ndisk_check_interval = 5000\n")

    assert found.db_instance_check_interval == 0.25
    assert found.disk_check_interval == 5.0
    assert parsed("heartbeat_retry = 7").disk_check_retry == 7


def test_another_policy_is_refused_with_what_there_is() -> None:
    (problem,) = problems("heartbeat_error_action = etcd\n")

    assert problem.detail == (
        'It is "arbitration", "command", "message" or "fallback".'
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (r"'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        (r"'a\\b'", r"a\b"),
        (r"'a\\'", "a\\"),
        (r"'' # nothing", ""),
        ("'x'# a comment's end", "x"),
        ("   'x'\t", "x"),
        ("'=='", "=="),
    ],
)
def test_a_text_is_quoted_as_the_manuals_say(line: str, value: str) -> None:
    assert parsed(f"db_instance_password ={line}\n").db_instance_password == value


_NONE = "value of parameter {} has no closing quotation mark"
_MORE = "value of parameter {} is followed by more text"


@pytest.mark.parametrize(
    ("name", "rest", "said"),
    [
        ("x", "", 'line is not of the form "name = value"'),
        ("syslog_ident", " 'x'", 'line is not of the form "name = value"'),
        ("", "= 5", 'line is not of the form "name = value"'),
        ("heartbeat_retry", " =", "parameter {} has no value"),
        ("heartbeat_retry", " = # 5", "parameter {} has no value"),
        (
            "core_file_path",
            " = /x",
            "value of parameter {} is not in single quotation marks",
        ),
        ("syslog_ident", " = 'x", _NONE),
        ("syslog_ident", r" = 'x\'", _NONE),
        ("syslog_ident", " = 'x' y", _MORE),
        ("syslog_ident", " = 'x'y'", _MORE),
        (
            "syslog_ident",
            r" = 'a\b'",
            "value of parameter {} has a backslash that means nothing",
        ),
        ("syslog_ident", " = 'a b'", 'invalid value for parameter {}: "a b"'),
        ("syslog_ident", " = 'あ'", 'invalid value for parameter {}: "あ"'),
        (
            "syslog_ident",
            f" = '{'x' * 64}'",
            f'invalid value for parameter {{}}: "{"x" * 64}"',
        ),
        ("db_instance_password", " = 'a b'", "invalid value for parameter {}"),
        ("syslog_facility", " = LOCAL8", 'invalid value for parameter {}: "LOCAL8"'),
        ("heartbeat_retry", " = 2 3", _MORE),
        ("heartbeat_retry", " = 2.5", 'invalid value for parameter {}: "2.5"'),
        ("heartbeat_retry", " = ２", 'invalid value for parameter {}: "２"'),
        ("heartbeat_interval", " = 800ms", 'invalid value for parameter {}: "800ms"'),
        ("Heartbeat_retry", " = 2", "unrecognized configuration parameter {}"),
        ("target_db", " = postgre", 'invalid value for parameter {}: "postgre"'),
        ("pre_detach_command", " = 'x.sh'", 'invalid value for parameter {}: "x.sh"'),
        ("core_file_path", " = '/x'", "parameter {} has no effect in this release"),
        ("db_instance", " = '/y'", "parameter {} given more than once"),
        ("admin_ssl_key_file", " = 'k'", 'parameter {} needs "admin_ssl_cert_file"'),
    ],
)
def test_what_is_wrong_is_said_with_its_line(name: str, rest: str, said: str) -> None:
    assert faults(f"# one\n{name}{rest}\n") == [f"3: {said}".replace("{}", f'"{name}"')]


def test_a_password_is_not_shown_with_the_other_values() -> None:
    assert "SeCrEt-42" not in repr(parsed("db_instance_password = 'SeCrEt-42'"))


def test_the_data_directory_may_have_spaces_and_must_be_there() -> None:
    found, _, _ = server.read(b"db_instance = '/data base/inst1'\n")
    assert found is not None and found.db_instance == "/data base/inst1"

    for text in (b"", b"db_instance = ''\n", b"db_instance = 'inst1'\n"):
        assert server.read(text)[0] is None


def test_a_name_that_is_nearly_right_is_guessed() -> None:
    assert (
        problems("heartbeat_retries = 3\n")[0].hint
        == 'Perhaps "heartbeat_retry" was meant.'
    )


def test_a_number_sign_in_the_password_must_be_meant() -> None:
    """The newer manuals' program would take it for a comment."""
    line = "db_instance_password = 'a#b'\n"

    assert faults(line) == [
        '2: password has a "#" in it, and "enable_hash_in_password" is off'
    ]
    found = parsed("enable_hash_in_password = on\n" + line)
    assert found.db_instance_password == "a#b"


_PRINTABLE = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40
)


@given(_PRINTABLE, st.sampled_from([r"\'", "''"]))
def test_every_text_can_be_quoted(text: str, mark: str) -> None:
    written = text.replace("\\", "\\\\").replace("'", mark)

    found = parsed(
        f"db_instance_password = '{written}'\nenable_hash_in_password = on\n"
    )
    assert found.db_instance_password == text


@given(st.binary(max_size=300))
def test_no_bytes_lead_to_anything_but_an_answer(data: bytes) -> None:
    found, _, said = server.read(data)

    assert (found is None) == any(p.severity == "error" for p in said)


@given(
    st.text(max_size=30), st.text("'\\# =\n", max_size=6), st.text("'\\# =", max_size=6)
)
def test_a_password_is_never_shown_however_it_is_mistyped(
    name: str, before: str, after: str
) -> None:
    """A value that is shown belongs to a parameter that is known to be none."""
    for key in ("db_instance_password", "db_instance_pasword", name):
        data = f"{INSTANCE}{key}{before}SeCrEt-42{after}\n".encode("utf-8", "replace")
        found, _, said = server.read(data)

        told = [(p.primary, p.detail, p.hint) for p in said]
        assert "SeCrEt-42" not in repr(told) + repr(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 5", '0: required parameter "my_address" is missing'),
        ("my_address = 'h'", '0: required parameter "port" is missing'),
        ("port = 0\nmy_address = 'h'", '1: invalid value for parameter "port": "0"'),
        (
            "port = 5\nmy_address = '::'",
            '2: invalid value for parameter "my_address": "::"',
        ),
    ],
)
def test_the_arbiters_file_is_read_by_the_same_rules(text: str, said: str) -> None:
    found, _, problems = arbitration.read(text.encode())

    assert found is None
    assert [f"{problem.line}: {problem.primary}" for problem in problems] == [said]


def test_the_text_kind_tells_what_it_wants() -> None:
    assert Text(longest=63).expected == (
        "It is a text of at most 63 ASCII characters without spaces."
    )
