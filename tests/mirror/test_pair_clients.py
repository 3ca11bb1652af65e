"""The connection strings of docs/pair_clients.md, and readers on the standby, on a real pair."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

_PAGE = Path(__file__).parents[2] / "docs/pair_clients.md"
_LINES = re.findall(r"(?m)^\| .* \| `([^`]+)` \|$", _PAGE.read_text())
_NEEDS = {"prefer-standby": 14, "=standby": 14, "load_balance_hosts": 16}


def placed(pair: Whole, line: str) -> str:
    """Return *line* with the pair's addresses, and its role and database."""
    a, b = (pair.servers[name].port for name in (A, B))
    line = line.replace("192.0.2.100:5432,192.0.2.110:5432/", f"h:{a},h:{b}/postgres")
    line = line.replace("192.0.2.100,192.0.2.110", "h,h").replace(
        "port=5432,5432", f"port={a},{b} dbname=postgres"
    )
    assert line.count("192.0.2") == 0
    role = pair.user.name
    if "://" in line:
        return line.replace("h:", "127.0.0.1:") + f"&user={role}"
    return line.replace("h,h", "127.0.0.1,127.0.0.1") + f" user={role}"


def who_answers(pair: Whole, line: str) -> str:
    """Return whom *line* leads to, by the port."""
    with psycopg.connect(placed(pair, line)) as session:
        found = session.execute("show port").fetchone()
    assert found is not None
    return next(n for n in (A, B) if str(pair.servers[n].port) == found[0])


def usable() -> list[str]:
    version = psycopg.pq.version() // 10000
    return [
        line
        for line in _LINES
        if all(version >= least for word, least in _NEEDS.items() if word in line)
    ]


def wanted(line: str, primary: str, standby: str) -> set[str]:
    if "standby" in line:
        return {standby}
    return {primary} if "read-write" in line else {primary, standby}


def test_the_page_has_the_lines() -> None:
    assert len(_LINES) == 6


@pytest.mark.parametrize("switched", [False, True])
def test_each_line_leads_to_whom_it_says(mirrored: Whole, switched: bool) -> None:
    if switched:
        old = mirrored.primary()
        mirrored.mc_ctl(old, "switch")
        mirrored.rebuild(old)
    primary, standby = mirrored.primary(), mirrored.standby()

    for line in usable():
        assert who_answers(mirrored, line) in wanted(line, primary, standby), line


def test_each_line_leads_to_whom_it_says_while_the_standby_is_away(
    mirrored: Whole,
) -> None:
    """Disconnected it is a standby still; stopped it is nobody's, and readers go on."""
    primary, standby = mirrored.primary(), mirrored.standby()
    mirrored.mc_ctl(primary, "detach")
    for line in usable():
        assert who_answers(mirrored, line) in wanted(line, primary, standby), line

    mirrored.mc_ctl(standby, "stop")
    for line in usable():
        if "=standby" in line:
            with pytest.raises(psycopg.OperationalError, match="not in hot standby"):
                who_answers(mirrored, line)
        else:
            assert who_answers(mirrored, line) == primary, line
    mirrored.mc_ctl(standby, "start", "-w", "-f")


@contextmanager
def reading(pair: Whole, name: str) -> Iterator[list[int]]:
    """Have a session on *name* count rows again and again; it must never fail."""
    seen: list[int] = []
    failed: list[Exception] = []
    over = threading.Event()

    def read() -> None:
        try:
            with psycopg.connect(pair.conninfo_of(name, "postgres")) as session:
                session.autocommit = True
                while not over.wait(0.02):
                    found = session.execute("select count(*) from ledger").fetchone()
                    seen.append(found[0] if found else -1)
        except psycopg.Error as ex:
            failed.append(ex)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        over.set()
        reader.join()
    assert not failed, failed


def grows(seen: list[int]) -> None:
    """Wait until the reader has seen rows come."""
    so_far = len(seen)
    wait_until(lambda: len(seen) > so_far, "it reads", PATIENCE)
    rows = seen[-1]
    wait_until(lambda: seen[-1] > rows, "rows come", PATIENCE)


def test_a_reader_on_the_standby_goes_on_over_a_detach(mirrored: Whole) -> None:
    standby = mirrored.standby()

    with reading(mirrored, standby) as seen:
        grows(seen)
        mirrored.mc_ctl(mirrored.primary(), "detach")  # nothing ends
        wait_until(lambda: bool(mirrored.holders()), "it is alone", PATIENCE)
        mirrored.commits()
        grows(seen)

    assert seen == sorted(seen)  # nothing that was seen is gone again
    mirrored.mc_ctl(standby, "stop")
    mirrored.mc_ctl(standby, "start", "-w", "-f")


def test_a_reader_on_the_standby_goes_on_over_a_switch(mirrored: Whole) -> None:
    old, new = mirrored.primary(), mirrored.standby()

    with (
        reading(mirrored, new) as seen,
        mirrored.session(new) as stays,
        mirrored.session(old) as ends,
    ):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            stays.execute("create table written (n int)")
        ends.execute("select 1")
        grows(seen)
        mirrored.mc_ctl(old, "switch")
        wait_until(lambda: mirrored.mark(new).state == ALONE, "it has it", PATIENCE)
        mirrored.commits()
        grows(seen)
        stays.execute("create table written (n int)")  # it could write from then on
        stays.execute("drop table written")
        with pytest.raises(psycopg.OperationalError):
            ends.execute("select 1")

    assert seen == sorted(seen)
    mirrored.rebuild(old)
