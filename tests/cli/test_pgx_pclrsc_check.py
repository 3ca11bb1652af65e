"""`pgx_pclrsc --check` without any instance: what is refused, and what is not waited for."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.fix_registry import Registry


def test_a_resource_that_does_not_exist_is_refused(registry: Registry) -> None:
    done = registry.run("--check", "-c", "none")

    assert done.returncode == 1
    assert 'resource "none" does not exist' in done.stderr
    assert done.stdout == ""


def test_a_data_directory_that_is_nowhere_is_an_error(registered: Registry) -> None:
    done = registered.look("--check", "-c", "pg1", "--output=json")
    told = json.loads(done.stdout)
    lines = {one["check"]: one for one in told["checks"]}

    assert done.returncode == 1
    assert done.stderr == ""
    assert told["sound"] is False
    assert lines["data_directory"]["level"] == "error"
    assert "No such file" in lines["data_directory"]["reason"]
    assert set(lines["user"]) == {"check", "section", "level", "reason", "hint"}


def test_a_peer_that_is_no_file_is_refused_and_not_waited_for(
    registered: Registry, open_tmp: Path
) -> None:
    os.mkfifo(open_tmp / "fifo")
    (open_tmp / "text").write_text("{")
    for name, said in (
        ("fifo", "it is no regular file"),
        ("home", "it is no regular file"),
        ("none", "No such file"),
        ("text", "It is no JSON."),
    ):
        done = registered.run("--check", "-c", "pg1", "--peer", open_tmp / name)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stdout == ""
