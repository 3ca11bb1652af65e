"""What a definition may say."""

from __future__ import annotations

import pytest

from pgx_base.light.dataclasses import replace
from pgx_pclrsc.core.definition import (
    CHECKS,
    REQUIRED,
    ResourceDefinition,
    is_under,
    plain,
    problems,
)

DEFINITION = ResourceDefinition(  # noqa: S604  # it is the OS user's shell
    name="pg1",
    os_user="postgres",
    data_directory="/pgdata/pg1",
    work_directory="/var/opt/pg1",
    nodes=("node1RMS", "node2RMS"),
    db_user="postgres",
    uid=26,
    gid=26,
    groups=(26, 100),
    home="/var/lib/pgsql",
    shell="/bin/bash",
)


def test_a_right_definition_has_no_problem() -> None:
    assert DEFINITION.check() == []


def test_the_defaults_are_the_manuals() -> None:
    found = DEFINITION

    assert (found.response_timeout, found.timeout_retry_count) == (0, 6)
    assert (found.trace_max_file_size, found.watch_interval) == (10240, 3)
    assert (found.online_timeout, found.offline_timeout) == (3600, 1800)
    assert (found.auth_failure, found.switch_mode) == ("fault", "immediate")


def test_every_setting_has_a_check() -> None:
    assert set(CHECKS) == set(ResourceDefinition.__slots__)
    assert "watch_interval" not in REQUIRED


def test_all_problems_are_reported_at_once() -> None:
    wrong = replace(
        DEFINITION, name="1", nodes=(), watch_interval=0, work_directory="w"
    )

    assert len(wrong.check()) == 4


@pytest.mark.parametrize("name", ["a", "Z", "pg_1", "A234567890123456"])
def test_a_name_is_a_letter_then_letters_digits_and_underscores(name: str) -> None:
    assert problems({"name": name}) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "A2345678901234567",
        "1a",
        "_a",
        "a-b",
        "a.b",
        "../x",
        "ä",
        "aä",
        "a\n",
        "a b",
        1,
    ],
)
def test_other_names_are_refused(name: object) -> None:
    assert len(problems({"name": name})) == 1


@pytest.mark.parametrize("nodes", [("aRMS",), ["a-1.exampleRMS", "B_2RMS"]])
def test_a_node_name_ends_in_rms(nodes: object) -> None:
    assert problems({"nodes": nodes}) == []


@pytest.mark.parametrize(
    ("nodes", "count"),
    [
        ((), 1),
        (("",), 1),
        (("node1",), 1),
        (("RMS",), 1),
        (("node1rms",), 1),
        (("a RMS",), 1),
        (("aRMS\n",), 1),
        (("aRMS", "aRMS"), 1),
        (("aRMS", "aRMS", "b", "c"), 3),
        ("aRMS", 1),
        ((1,), 1),
    ],
)
def test_other_node_names_are_refused(nodes: object, count: int) -> None:
    assert len(problems({"nodes": nodes})) == count


@pytest.mark.parametrize(
    "key", ["data_directory", "work_directory", "bin_dir", "config_file"]
)
@pytest.mark.parametrize(
    "path",
    [
        "relative",
        "./x",
        "~/x",
        "/a/../b",
        "/a\nb",
        "/a\0b",
        "/\udc80",
        "/" + "x" * 1023,
        1,
    ],
)
def test_a_path_is_absolute_and_plain_text(key: str, path: object) -> None:
    assert len(problems({key: path})) == 1


def test_only_optional_paths_may_be_empty() -> None:
    assert problems({"bin_dir": "", "config_file": ""}) == []
    assert len(problems({"data_directory": ""})) == 1


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("response_timeout", 0, 2147483),
        ("timeout_retry_count", 0, 2147483647),
        ("trace_max_file_size", 64, 2147483647),
        ("watch_interval", 1, 2147483),
        ("online_timeout", 10, 2147483),
        ("offline_timeout", 10, 2147483),
        ("uid", 1, 2**32 - 2),
    ],
)
def test_a_number_has_a_range(key: str, low: int, high: int) -> None:
    assert problems({key: low}) == problems({key: high}) == []
    for wrong in (low - 1, high + 1, 10**30, float(low), str(low), True, None):
        assert len(problems({key: wrong})) == 1, wrong


@pytest.mark.parametrize(
    ("work", "inside"),
    [
        ("/pgdata/pg1", True),
        ("/pgdata/pg1/", True),
        ("/pgdata//pg1/./work", True),
        ("/pgdata/pg10", False),
        ("/pgdata", False),
    ],
)
def test_the_work_directory_is_not_inside_the_data_directory(
    work: str, inside: bool
) -> None:
    found = problems({"work_directory": work, "data_directory": "/pgdata/pg1"})

    assert len(found) == inside
    assert is_under(work, "/pgdata/pg1") == inside


@pytest.mark.parametrize(
    ("path", "want"),
    [("/a//b/", "/a/b"), ("/", "/"), ("/./a/.", "/a"), ("//a", "/a"), ("a/", "a/")],
)
def test_a_path_is_kept_without_what_says_nothing(path: str, want: str) -> None:
    assert plain(path) == want


@pytest.mark.parametrize(
    "pair",
    [
        ("LD_PRELOAD", "/usr/lib/libjemalloc.so"),
        ("LANG", "ja_JP.UTF-8"),
        ("PGPASSFILE", "/etc/pgpass"),
        ("PGSSLKEY", "/etc/key.pem"),
        ("TZ", ""),
        ("KEYBOARD", "x"),
        ("URL", "postgresql://postgres@host:5432/db"),
    ],
)
def test_a_variable_may_be_anything_but_a_secret(pair: tuple[str, str]) -> None:
    assert problems({"env": dict([pair])}) == []


@pytest.mark.parametrize(
    "pair",
    [
        ("PGPASSWORD", "x"),
        ("pgpassword", "x"),
        ("PGSSLPASSWORD", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("GITHUB_TOKEN", "x"),
        ("KEY_PASSPHRASE", "x"),
        ("API_KEY", "x"),
        ("DB_PWD", "x"),
        ("CONNECTION", "host=a password=x"),
        ("URL", "postgresql://me:x@host/db"),
        ("PGX_PCLRSC_HOME", "/x"),
        ("PG_GRANDPARENT_PID", "1"),
        ("1A", "x"),
        ("A-B", "x"),
        ("", "x"),
        ("A\n", "x"),
        ("Ä", "x"),
        ("A", "x\ny"),
        ("A", "\0"),
        ("A", 1),
    ],
)
def test_other_variables_are_refused_and_secrets_not_shown(
    pair: tuple[str, str],
) -> None:
    found = problems({"env": dict([pair])})

    assert len(found) == 1
    assert "host=a" not in f"{found[0].primary} {found[0].detail}"


@pytest.mark.parametrize("key", ["auth_failure", "switch_mode", "broken_pid_file"])
@pytest.mark.parametrize("value", ["", "Fault", "smart", None, 1])
def test_a_word_is_one_of_those_allowed(key: str, value: object) -> None:
    assert len(problems({key: value})) == 1


@pytest.mark.parametrize("value", ["", "a\nb", "x" * 64, "ä" * 32, None])
def test_a_role_name_fits_postgresql(value: object) -> None:
    assert len(problems({"db_user": value})) == 1
    assert problems({"db_user": 'o\'neill "x" \\'}) == []
