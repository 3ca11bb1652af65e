"""What a server would have of its settings, with as few starts of PostgreSQL as will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.server import Server
from pgx_base.failure import Failure
from pgx_mirror.setup import would_have
from pgx_mirror.setup.would_have import Place

pytestmark = pytest.mark.one_postgres

NAMES = ("max_connections", "wal_sender_timeout", "hot_standby", "data_checksums")
SHOWN = {"max_connections": "40", "wal_sender_timeout": "5400ms", "hot_standby": "on"}
DEFAULTS = {
    "max_connections": "100",
    "wal_sender_timeout": "60000",
    "hot_standby": "on",
}


@pytest.fixture
def place(server: Server, open_tmp: Path) -> Place:
    """The files of a server that no pair has set anything in, and who tells what is asked."""
    (server.data / "postgresql.conf").write_text("")
    user, real = server.user, server.binaries.path("postgres")
    # It answers no root.
    become = f"setpriv --reuid {user.uid} --regid {user.gid} --clear-groups"
    script = open_tmp / "bin" / "postgres"
    script.parent.mkdir()
    script.write_text(
        f"""#!/bin/sh
for last; do :; done
echo "$last" >> {open_tmp}/asked
exec {become if user.other else ""} {real} "$@"
"""
    )
    script.chmod(0o755)
    return Place(str(script.parent), str(server.data))


def asked(place: Place) -> list[str]:
    """Return the names that PostgreSQL has been asked for."""
    return sorted((Path(place.binaries).parent / "asked").read_text().split())


def conf(place: Place, text: str, name: str = "postgresql.conf") -> None:
    Path(place.data, name).write_text(text)


def test_what_no_file_names_is_the_default(place: Place) -> None:
    found = would_have.ask(place, NAMES, DEFAULTS, SHOWN)

    assert found == {
        "max_connections": "100", "wal_sender_timeout": "60000ms", "hot_standby": "on",
    }  # fmt: skip
    assert asked(place) == [NAMES[0]]  # whether the files can be read


def test_what_is_written_as_the_primary_shows_it_is_the_same(place: Place) -> None:
    conf(place, "max_connections = 40\nwal_sender_timeout = '5400ms'\n")

    found = would_have.ask(place, NAMES, DEFAULTS, SHOWN)

    assert (found["max_connections"], found["wal_sender_timeout"]) == ("40", "5400ms")
    assert asked(place) == [NAMES[0]]


@pytest.mark.parametrize("defaults", [DEFAULTS, {}])
def test_what_is_written_otherwise_is_asked_for(
    place: Place, defaults: dict[str, str]
) -> None:
    conf(place, "MAX_connections = 0x28\nwal_sender_timeout = '5.4s'\n")
    conf(place, "wal_sender_timeout = '1min'\n", "postgresql.auto.conf")

    found = would_have.ask(place, NAMES, defaults, SHOWN)

    assert found == {
        "max_connections": "40", "wal_sender_timeout": "60000ms", "hot_standby": "on",
    }  # fmt: skip
    assert asked(place) == sorted(NAMES[:2] if defaults else NAMES[:3])


def test_what_is_included_counts(place: Place) -> None:
    conf(place, "max_connections = 40\ninclude 'more.conf'\n")
    conf(place, "max_connections = 7\n", "more.conf")

    assert would_have.ask(place, NAMES, DEFAULTS, SHOWN)["max_connections"] == "7"
    assert asked(place) == ["max_connections"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no_such = 1", 'parameter "no_such"'), ("a b c", "syntax error"),
        ("include 'nowhere.conf'", "nowhere.conf"),
        ("max_connections = 'many'", '"max_connections": "many"'),
    ],
)  # fmt: skip
def test_files_that_postgresql_does_not_read_are_told(
    place: Place, line: str, told: str
) -> None:
    conf(place, f"{line}\n")

    with pytest.raises(Failure) as failed:
        would_have.ask(place, NAMES, DEFAULTS, SHOWN)
    assert told in failed.value.primary
