"""The installer ended by a signal, or by two, at one place of its work after another."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.packages.fix_bundle import environment, prefix_of
from tests.signal_strikes import Result, Strike

pytestmark = [pytest.mark.root, pytest.mark.packages]
PARTS = ("installing", "making", "place", "switching", "layout", "removing", "cli")
FILES = (*(f"tools/installer/{name}.py" for name in PARTS), "pgx_base/heeded.py")
# What makes something that is to be taken back, and what comes when it counts already.
OF = (
    "_made",
    "locked",
    "make",
    "new",
    "try_out",
    "link",
    "let_count",
    "install",
    "ended",
)


def ended(strike: Strike, *words: str | Path) -> Result:
    program = ("tests.packages.struck_installer", "install")
    process = subprocess.Popen(
        strike.line(*program, *map(str, words)),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    stdout, stderr = process.communicate(timeout=100)
    return process.returncode, stdout, stderr


def test_ended_anywhere_it_is_installed_or_nothing_is_there(
    open_tmp: Path, whole_bundle: Path
) -> None:
    prefix = prefix_of(open_tmp)

    def install(strike: Strike) -> Result:
        shutil.rmtree(prefix.parent, ignore_errors=True)
        return ended(strike, whole_bundle, prefix)

    counts = Strike(open_tmp / "strikes", FILES)
    assert counts.run(install)[0] == 0
    for strike in counts.picked(*OF, most=1):
        code, stdout, stderr = replace(strike, again=2).run(install)
        where = counts.where()
        installed = f"installed in {prefix}" in stdout
        assert installed == (prefix / "bin" / "pgx_check").exists(), where
        assert installed == prefix.parent.exists(), where
        if code >= 0:  # else before the signals are heeded
            told = "install: error: interrupted\ninstall: hint: Begin it again.\n"
            assert (code, stderr) == ((0, "") if installed else (1, told)), where


def test_ended_anywhere_what_is_removed_is_gone(
    open_tmp: Path, whole_bundle: Path
) -> None:
    prefix = prefix_of(open_tmp)

    def remove(strike: Strike) -> Result:
        if not prefix.exists():
            assert ended(unstruck, whole_bundle, prefix)[0] == 0
        return ended(strike, whole_bundle, "--uninstall", prefix)

    unstruck = Strike(open_tmp / "unstruck", ())
    counts = Strike(open_tmp / "strikes", FILES)
    assert counts.run(remove)[0] == 0
    for strike in counts.picked("remove", "_remove_empty", most=1):
        code, stdout, stderr = strike.run(remove)
        where = counts.where()
        assert (code, stderr) == (0, ""), where
        assert "removed what was installed" in stdout, where
        assert not prefix.exists(), where
