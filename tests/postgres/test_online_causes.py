"""The cause of a refused start is quoted, wherever and in whatever language it is logged."""

from __future__ import annotations

import pytest

from fixtures.server import Server
from tests.fix_postgres import MakeServer
from tests.fix_resource import MakeResource

pytestmark = pytest.mark.postgres

FORMS: dict[str, dict[str, object]] = {
    "stderr": {},
    "collector": {"logging_collector": "on"},
    "elsewhere": {"logging_collector": "on", "log_directory": "elsewhere"},
    "csvlog": {"logging_collector": "on", "log_destination": "csvlog"},
    "jsonlog": {"logging_collector": "on", "log_destination": "jsonlog"},
    "prefix": {"log_line_prefix": "FATAL %a: "},
    "prefix without a blank": {"log_line_prefix": "%t:%r:%u@%d:[%p]:"},
}


def _without_wal(server: Server) -> Server:
    for name in (server.data / "pg_wal").iterdir():
        if name.is_file():
            name.unlink()
    return server


@pytest.mark.one_postgres
@pytest.mark.parametrize("form", FORMS)
def test_the_cause_is_quoted_in_each_form(
    make_server: MakeServer, make_resource: MakeResource, form: str
) -> None:
    server = make_server()
    server.configure(**FORMS[form])
    result = make_resource(_without_wal(server)).online()

    assert result.returncode == 1
    first = result.stderr.splitlines()[0]
    assert ": PANIC: could not locate a valid checkpoint record" in first or (
        ": FATAL: could not locate" in first
    ), result.stderr
    assert "redirecting" not in first


@pytest.mark.one_postgres("nls")
def test_the_cause_is_quoted_in_another_language(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    server = make_server()
    server.configure(lc_messages="ja_JP.UTF-8")
    result = make_resource(_without_wal(server)).online()

    assert result.returncode == 1
    first = result.stderr.splitlines()[0]
    assert "PANIC: " in first or "致命的エラー: " in first, result.stderr


@pytest.mark.one_postgres
def test_a_server_that_logs_to_the_system_log_is_said_to(
    make_server: MakeServer, make_resource: MakeResource
) -> None:
    server = make_server()
    server.configure(log_destination="syslog", syslog_ident="pg-here")
    result = make_resource(_without_wal(server)).online()

    assert result.returncode == 1
    assert 'look in the system log, ident "pg-here"' in result.stderr
