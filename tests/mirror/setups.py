"""What the tests of mc_ctl setup do again and again."""

from __future__ import annotations

import re

from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_mirror.core.mark import FILE, Mark, decode, encode
from pgx_mirror.setup import unfinished
from tests.fix_mcdir import Mcdir, Result


def arguments(primary: Server, *more: str) -> list[str]:
    where = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", primary.user.name]
    return ["-r", "standby", *where, "--standby-name=nd2", *more]


def setup(mcdir: Mcdir, primary: Server, *more: str, server: str = "nd2") -> Result:
    return mcdir.of(server, "setup", *arguments(primary, *more))


def mark_of(server: Server) -> Mark:
    return decode((server.data / FILE).read_bytes())


def write_mark(mcdir: Mcdir, server: Server, mark: Mark) -> None:
    path = server.data / FILE
    path.write_bytes(encode(mark))
    mcdir.user.own(path)


def system_of(server: Server) -> str:
    return server.ask("select system_identifier from pg_control_system()")


def untouched(mcdir: Mcdir, primary: Server) -> None:
    """Nothing was begun."""
    assert unfinished.of(str(mcdir.path), "nd2") is None
    assert primary.ask("select count(*) from pg_replication_slots") == "0"


def unused(primary: Server) -> None:
    """Wait until no slot is in use: a sender sees late that whom it sent to has gone."""
    used = "select count(*) from pg_replication_slots where active"
    wait_until(lambda: primary.ask(used) == "0", "no slot is in use")


def errors(result: Result) -> list[str]:
    assert result.returncode == 1
    assert result.stdout == ""
    assert "internal error" not in result.stderr
    return re.findall(r"(?m)^mc_ctl: error: (.*)$", result.stderr)


def run_standby(primary: Server, standby: Server) -> None:
    """Start it by hand, and see it follow."""
    standby.start_plain()
    primary.ask("create table t (n int); insert into t values (1)")
    wait_until(
        lambda: standby.ask("select n from t", fails="") == "1", "it follows", 60
    )
