"""docs/recovery_disks.md, each symptom made for real: a disk, a directory or a file is wrong."""

from __future__ import annotations

import os

import pytest

from fixtures.bed.bed import why_not
from tests.pages.recovering import procedure
from tests.pages.stage import NODES, Stage, stage

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() == 0 and bool(why_not()), reason=f"the bed {why_not()}"
    ),
]
FIRST, SECOND = NODES
# 30 MB of log, and nothing in any table
LOG = "select pg_logical_emit_message(true, 'x', repeat('x', 1000000)) from generate_series(1, 30)"


def offline(nodes: Stage, strike: str) -> None:
    """Take the application Offline, do *strike* to the disk at /run/disk, and start it."""
    nodes.type(FIRST, "hvutil", "-f", "app1")
    nodes.reaches(FIRST, "Offline")
    nodes.on(FIRST, f"with_disk /run/disk sh -ec '{strike}'")
    nodes.type(FIRST, "hvswitch", "app1", FIRST)


def test_the_disk_is_full() -> None:
    with stage() as nodes, procedure("The disk is full", nodes) as steps:
        nodes.on(
            FIRST, "head -c 1G /dev/zero >${PGX_DATA%/*}/dump.sql 2>/dev/null || :"
        )
        nodes.on(FIRST, f'sql "{LOG}" || :')
        steps.run()


def test_the_configuration_is_broken() -> None:
    heading = "The configuration is broken"
    with stage() as nodes, procedure(heading, nodes) as steps:
        offline(nodes, "echo nonsense = on >>/run/disk/pgxtest/postgresql.conf")
        steps.run()


def test_wrong_permissions() -> None:
    with stage() as nodes, procedure("Wrong permissions", nodes) as steps:
        offline(nodes, "chmod 0755 /run/disk/pgxtest")
        steps.run()


def test_the_monitor_is_let_in_no_more() -> None:
    heading = "The monitor is let in no more"
    with (
        stage(timeout_retry_count=1) as nodes,
        procedure(heading, nodes) as steps,
    ):
        nodes.on(FIRST, "sed -i '1i local all all reject' $PGX_DATA/pg_hba.conf")
        nodes.on(FIRST, "sed -i '2i host all all all reject' $PGX_DATA/pg_hba.conf")
        nodes.on(FIRST, "kill -HUP $(postmaster)")
        steps.run()


def test_another_data_directory_than_before() -> None:
    heading = "Another data directory than before"
    with stage() as nodes, procedure(heading, nodes) as steps:
        offline(nodes, anew(nodes))
        steps.run()


def anew(nodes: Stage) -> str:
    """Return what makes the instance anew, with the settings that it had."""
    user = nodes.bed.user
    become = f"setpriv --reuid={user.uid} --regid={user.gid} --clear-groups"
    return (
        "cd /run/disk/pgxtest; cp postgresql.conf pg_hba.conf /run; rm -rf ./*;"
        f"{become} $PGX_BIN_DIR/initdb -N -A trust -D . >/run/initdb;"
        "cat /run/postgresql.conf >postgresql.conf; cat /run/pg_hba.conf >pg_hba.conf"
    )


def test_a_file_system_is_not_mounted() -> None:
    heading = "A file system is not mounted"
    with stage() as nodes, procedure(heading, nodes) as steps:
        nodes.type(FIRST, "hvutil", "-f", "app1")
        nodes.reaches(FIRST, "Offline")
        nodes.on(FIRST, "echo ${PGX_DATA%/*} >/run/mount-lies")
        nodes.type(FIRST, "hvswitch", "app1", FIRST)
        steps.run(4)
        nodes.on(FIRST, "rm /run/mount-lies")
        steps.run()


def test_the_definition_is_broken() -> None:
    with stage() as nodes, procedure("The definition is broken", nodes) as steps:
        nodes.on(FIRST, "echo nonsense >>$PGX_PCLRSC_HOME/pgxtest/definition.toml")
        steps.run()


def test_the_work_directory_is_gone() -> None:
    with stage() as nodes, procedure("The work directory is gone", nodes) as steps:
        nodes.on(FIRST, "rm -rf $(readlink $PGX_PCLRSC_HOME/pgxtest/work)")
        steps.run()
