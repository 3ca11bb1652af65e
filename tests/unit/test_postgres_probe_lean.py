"""A resident program loads psycopg.pq alone, and asks as it does with the whole of psycopg."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import sys
sys.path[:0] = {paths!r}
from pgx_postgres.probe import lean
{before}
lean.load()
from pgx_postgres.probe import question
from pgx_mirror.database import session
question.set_up()
conn = question.pq.PGconn.connect_start(b"host=/nowhere.at.all")
assert conn.status == question.pq.ConnStatus.BAD, conn.status
assert issubclass(question.OperationalError, Exception)
whole = "psycopg.connection" in sys.modules
assert whole or not {{"asyncio", "importlib.metadata", "subprocess"}} & sys.modules.keys()
import asyncio, ctypes.util, importlib.metadata
assert asyncio.run(asyncio.sleep(0, True))
assert importlib.metadata.PackageNotFoundError.__module__ == "importlib.metadata"
assert ctypes.util.find_library("c")
print(whole)
"""
# A psycopg whose pq wants what only the whole of it has.
ODD = """
import importlib
plain = importlib.import_module
def odd(name):
    if name == "psycopg.errors":
        raise AttributeError(name)
    return plain(name)
importlib.import_module = odd
"""


@pytest.mark.parametrize(
    ("before", "whole"), [("", False), ("import psycopg", True), (ODD, True)]
)
def test_psycopg_is_loaded_as_far_as_it_is_used(before: str, whole: bool) -> None:
    text = ASK.format(paths=[path for path in sys.path if path], before=before)
    done = subprocess.run(
        [sys.executable, "-IS", "-c", text], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, f"{whole}\n"), done.stderr
