"""What the house promises of itself."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pgx_base import locks, proc
from pgx_pclrsc import record
from pgx_pclrsc.core import codec, names
from tests.unit.import_graph import packages, sources
from tests.unit.test_pclrsc_definition import DEFINITION
from tools.commands import COMMANDS, PACKAGES, Refused, first_lines, stub

ROOT = Path(__file__).resolve().parents[2]
MODULES = sources()
# Heavy, or a door to what is heavy: dataclasses alone triples what pgx_check costs.
HEAVY = {
    "psycopg", "psutil", "daemon", "asyncio", "subprocess", "argparse", "tomllib", "logging",
    "re", "pathlib", "dataclasses", "inspect", "enum", "typing", "socket", "site",
}  # fmt: skip
# Next to nothing, and yet more than what they would save where RMS asks every few seconds.
SPARED = {"__future__", "struct"}
# What of Python's own a Check loads beside what any interpreter has loaded with `os`.
PAID_FOR = {"_struct", "binascii", "fcntl"}


def _modules_after(statements: str) -> set[str]:
    """Return what a bare interpreter has loaded after *statements*."""
    paths = [str(ROOT / part) for part in PACKAGES]
    code = f"import sys; sys.path[:0] = {paths!r}; {statements}; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


def _ours(loaded: set[str]) -> set[str]:
    """Return the modules of ours among *loaded*, without the packages that they lie in."""
    found = {name for name in loaded if name.partition(".")[0] in packages().values()}
    return {
        name
        for name in found
        if not any(other.startswith(f"{name}.") for other in found)
    }


def _others(loaded: set[str]) -> set[str]:
    """Return the modules among *loaded* that are not ours."""
    return {
        name for name in loaded if name.partition(".")[0] not in packages().values()
    }


def test_check_loads_nothing_heavy() -> None:
    bare = _modules_after("import os")
    more = _modules_after("import pgx_agent.check.main") - bare

    assert {name.split(".")[0] for name in more} & (HEAVY | SPARED) == set()
    assert len(_ours(more)) <= 10
    assert _others(more) == PAID_FOR


@pytest.mark.parametrize(("state", "code"), [("online", 0), ("faulted", 2)])
def test_check_loads_nothing_heavy_to_answer_from_the_record(
    state: str, code: int, tmp_path: Path
) -> None:
    """All of a run, with a record that is fresh and a monitor's lock that is held."""
    work = tmp_path / "work"
    work.mkdir(mode=0o700)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / names.WORK_LINK).symlink_to(work)
    start = proc.read_stat(os.getpid())
    assert start is not None
    found = record.Record(
        "g", proc.boot_id(), state, postmaster=os.getpid(), start=start[2]
    )
    found.good_until = proc.monotonic_ms() + 60_000  # until Check has come to read it
    (work / names.RECORD).write_bytes(record.encode(found))
    with (work / names.MONITOR_LOCK).open("wb") as lock:
        assert locks.take(lock.fileno(), locks.MONITOR)
        run = f"assert check.answer({str(tmp_path)!r}, 'one') == {code}"
        loaded = _modules_after(f"from pgx_agent.check import main as check; {run}")

    more = loaded - _modules_after("import os")
    assert {name.split(".")[0] for name in more} & HEAVY == set()
    assert len(_ours(more)) <= (10 if code == 0 else 16)
    assert _others(more) <= (
        PAID_FOR if code == 0 else PAID_FOR | {"select", "__future__"}
    )


def test_the_archive_command_loads_next_to_nothing() -> None:
    """The server starts it for each file of its log."""
    bare = _modules_after("import os")
    more = _modules_after("import pgx_mirror.backup.walcopy") - bare

    assert _ours(more) == {"pgx_base.prologue", "pgx_mirror.backup.walcopy"}
    assert _others(more) == set()


_READ = f"from pgx_pclrsc.core import codec; codec.decode({codec.encode(DEFINITION)!r})"
_ONLINE = (
    "import pgx_agent.fronts.rms, pgx_agent.online.main, pgx_agent.online.work; "
    "from pgx_pclrsc import fstab, node; node.this_node({}); "
    "fstab.parse('#RMS#/dev/sdb2 /fs2 ext4 noauto 0 0'); "
)
_OFFLINE = (
    "import pgx_agent.fronts.rms, pgx_agent.offline.main, "
    "pgx_pclrsc.ending, pgx_agent.core.mode; "
    "from pgx_postgres import tablespaces; from pgx_postgres.running import stop; "
    "from pgx_postgres.processes import evidence, instance, holdings; "
)


@pytest.mark.parametrize("statements", [_ONLINE, _OFFLINE])
def test_a_switch_waits_for_no_module_that_is_slow_to_load(statements: str) -> None:
    """Both scripts run between a failure and the first commit elsewhere."""
    slow = {"dataclasses", "inspect", "psycopg", "psutil", "subprocess", "argparse"}
    slow |= {"tomllib", "re", "typing", "shlex", "contextlib", "pathlib", "logging"}
    slow |= {"enum", "signal", "socket", "functools"}

    assert _modules_after(statements + _READ) & slow == set()


def test_a_module_can_be_read_in_one_go() -> None:
    """All but the model of the pair: one script, to be read beside docs/pair.md."""
    modules = set(MODULES) - {ROOT / "tests" / "mirror" / "model.py"}
    lengths = {str(path): path.read_text().count("\n") for path in modules}

    assert {path: length for path, length in lengths.items() if length >= 300} == {}


@pytest.mark.parametrize("name", ["utils", "helpers", "manager", "handler", "base"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [path for path in MODULES if path.stem == name] == []


def test_nothing_names_the_directory_that_it_was_written_in() -> None:
    files = [*MODULES, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Makefile"]

    assert [path for path in files if f"{ROOT}/" in path.read_text()] == []


@pytest.mark.parametrize("part", packages())
def test_functions_are_short(part: str) -> None:
    """Ninety of a hundred have fewer than 25 lines, and none more than 60."""
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in sources(part)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )

    assert lengths[int(len(lengths) * 0.9)] < 25
    assert lengths[-1] <= 60


def test_the_readme_names_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"\bpgx_[a-z]+\b(?:\.cmd)?", text)) - {"pgx_primecluster"}
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )

    assert named <= {*COMMANDS, "pgx_wizard"}
    assert set(re.findall(r"\bmake ([a-z]+)\b", text)) <= targets


def test_every_command_is_installed_beside_the_interpreter() -> None:
    missing = [
        name
        for name in COMMANDS
        if not os.access(Path(sys.executable).parent / name, os.X_OK)
    ]

    assert missing == []


def test_checks_first_line_has_one_word_of_options() -> None:
    """With two Python exits 2, and RMS would read Faulted."""
    lines = stub("pgx_check", "/usr/bin/python3.11", ["/opt/a b/lib"], []).splitlines()

    assert lines[0] == "#!/usr/bin/python3.11 -IS"
    assert lines[3] == "sys.path[:0] = ['/opt/a b/lib']"


@pytest.mark.parametrize("directory", ["with blanks in", "l" * 130])
def test_an_interpreter_that_no_first_line_can_name_is_run_all_the_same(
    directory: str, tmp_path: Path
) -> None:
    (tmp_path / directory).mkdir()
    interpreter = tmp_path / directory / "python"
    interpreter.symlink_to(os.path.realpath(sys.executable))
    script = tmp_path / "script"
    script.write_text(
        first_lines(str(interpreter))
        + "import sys\nprint(sys.argv[1:], sys.flags.no_site)\n"
    )
    script.chmod(0o755)
    said = subprocess.run([script, "a b", "c"], capture_output=True, text=True)

    assert said.stdout == "['a b', 'c'] 1\n", said.stderr


def test_an_interpreter_that_even_a_shell_line_cannot_name_is_refused() -> None:
    with pytest.raises(Refused):
        first_lines('/opt/a "quoted" place/python')
