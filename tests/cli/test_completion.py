"""What bash completes, by a real bash at a terminal of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tools.man import completion
from tools.man.commands import COMMANDS

PROMPT = "ready>"
INSERT = "\x14"  # ^T: puts all completions of the word there


class Shell:
    """A bash in which each command is a function that writes down its arguments."""

    def __init__(self, home: Path) -> None:
        self.told = home / "told"
        env = {
            "PATH": "/usr/bin:/bin",
            "TERM": "dumb",
            "PS1": PROMPT,
            "HOME": str(home),
        }
        env |= {"PGX_PCLRSC_HOME": str(home / "registry"), "LC_ALL": "C.UTF-8"}
        self.child = pexpect.spawn(
            "bash", ["--norc", "--noprofile"], env=env, cwd=str(home), timeout=60,
            encoding="utf-8", dimensions=(50, 4000),
        )  # fmt: skip
        self.child.delaybeforesend = None
        self.child.expect_exact(PROMPT)
        self.run("bind 'set enable-bracketed-paste off'")
        self.run("bind 'set bell-style none'")
        self.run("""bind '"\\C-t": insert-completions'""")
        # What a user may have set must not trouble it.
        self.run("set -u; IFS=:")
        for name in COMMANDS:
            self.run(f"{name}() {{ printf '%s\\n' \"$@\" >{self.told}; }}")

    def run(self, line: str) -> None:
        """Type *line*, and wait for the next prompt."""
        self.child.send(f"{line}\r")
        self.child.expect_exact(f"\n{PROMPT}")

    def completed(self, line: str) -> list[str]:
        """Return the words of *line* behind the command once its last one is completed."""
        self.told.unlink(missing_ok=True)
        self.run(line + INSERT)
        return self.told.read_text().splitlines()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    home = tmp_path_factory.mktemp("home")
    for name, command in COMMANDS.items():
        text = completion.script(command.help, command.by_mode)
        (home / f"{name}.bash").write_text(text)
    (home / "mcdir").mkdir()
    (home / "mcdir.conf").touch()
    (home / "my app.toml").touch()
    # The last two are what somebody would make who wants root to run them.
    for name in ("pg1", "pg2", "other", "$(touch ran)", "pg;touch ran"):
        (home / "registry" / name).mkdir(parents=True)
        (home / "registry" / name / "definition.toml").touch()
    (home / "registry" / "pg3").mkdir()
    found = Shell(home)
    for name in COMMANDS:
        found.run(f". ./{name}.bash")
    yield found
    found.child.close(force=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_help_is_completed(name: str, shell: Shell) -> None:
    command = COMMANDS[name]
    offered = set(shell.completed(f"{name} -"))
    for mode, allowed in command.by_mode.items():
        first, *of_mode = shell.completed(f"{name} {mode} -")
        assert first == mode
        assert {word.rstrip("=") for word in of_mode} == (
            allowed & set(command.help.options) or {"-"}
        )
        offered |= set(of_mode)

    assert {word.rstrip("=") for word in offered} - {"-"} == set(command.help.options)


@pytest.mark.parametrize("name", [n for n, c in COMMANDS.items() if c.by_mode])
def test_the_first_word_is_a_mode(name: str, shell: Shell) -> None:
    modes = set(COMMANDS[name].by_mode)

    assert modes <= {word.rstrip("=") for word in shell.completed(f"{name} ")}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mc_ctl sto", ["stop"]),
        ("mc_ctl -M start st", ["-M", "start", "start", "status", "stop"]),
        ("mc_ctl status --out", ["status", "--output="]),
        ("mc_ctl status --output=", ["status", "--output=json", "prometheus", "text"]),
        ("mc_ctl status --output=j", ["status", "--output=json"]),
        ("mc_ctl status --output j", ["status", "--output", "json"]),
        ("mc_ctl --local-server=a st", ["--local-server=a", "start", "status", "stop"]),
        ("mc_ctl setup -r ", ["setup", "-r", "standby"]),
        ("mc_ctl setup -p ", ["setup", "-p"]),
        ("mc_ctl status --watch --la", ["status", "--watch", "--lag"]),
        ("mc_ctl status --watch=5 --la", ["status", "--watch=5", "--lag"]),
        ("mc_ctl start -M mc", ["start", "-M", "mcdir"]),
        ("mc_std start mc", ["start", "mcdir"]),
        ("pgx_wizard check my", ["check", "my app.toml"]),
        ("pgx_wizard check --fstab=my", ["check", "--fstab=my app.toml"]),
        ("pgx_wizard init p", ["init", "pg1", "pg2"]),
        ("pgx_wizard nosuch --", ["nosuch", "--"]),
        ("pgx_online --dry-run p", ["--dry-run", "pg1", "pg2"]),
        ("pgx_check ", ["other", "pg1", "pg2"]),
        ("pgx_pclrsc -d -c o", ["-d", "-c", "other"]),
        ("pgx_pclrsc -p -c 'o", ["-p", "-c", "o"]),
        ("pgx_pclrsc --status --output=p", ["--status", "--output=prometheus"]),
        ("pgx_pclrsc -a -u roo", ["-a", "-u", "root"]),
        ("pgx_pclrsc -a --env=A=B --bin", ["-a", "--env=A=B", "--bin-dir="]),
    ],
)  # fmt: skip
def test_a_word_is_completed(line: str, words: list[str], shell: Shell) -> None:
    if "'" in line:
        shell.told.unlink(missing_ok=True)
        shell.run(f"{line}{INSERT}'")
        assert shell.told.read_text().splitlines() == words
    else:
        assert shell.completed(line) == words


def test_where_a_name_that_fits_nothing_is_an_error_it_completes_all_the_same(
    shell: Shell,
) -> None:
    shell.run("shopt -s failglob")
    try:
        assert shell.completed("pgx_check o") == ["other"]
        assert shell.completed("pgx_check x") == ["x"]
    finally:
        shell.run("shopt -u failglob")


def test_no_name_on_the_disk_is_run(shell: Shell) -> None:
    shell.completed("pgx_online $")
    shell.completed("pgx_online ")
    shell.completed("pgx_online pg")

    assert not (shell.told.parent / "ran").exists()
