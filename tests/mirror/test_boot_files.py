"""The unit and the rc script: what systemd and a shell say of them, and the samples."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.commands import command
from pgx_base.failure import Failure
from pgx_mirror.command.boot_files import (
    ARBITER_EXAMPLE,
    EXAMPLE,
    Boot,
    arbiter_unit,
    rc_script,
    unit,
)
from tests.fix_mcdir import Mcdir
from tests.mirror.arbiters import Arbiter
from tests.unit.import_graph import ROOT

SHARE = ROOT / "mirror" / "pgx_mirror" / "share"
BLANKS = replace(EXAMPLE, installdir="/opt/two words", data="/data/a b", server="nd1")


def test_the_samples_are_what_the_command_prints_for_the_documents_example() -> None:
    assert (SHARE / "mcoi.service.sample").read_text() == unit(EXAMPLE)
    assert (SHARE / "rc_mcoi.sample").read_text() == rc_script(EXAMPLE)
    arbiter = (SHARE / "mc_arb.service.sample").read_text()
    assert arbiter == arbiter_unit(ARBITER_EXAMPLE)


def test_a_unit_has_the_manuals_lines() -> None:
    lines = unit(EXAMPLE).splitlines()
    where = "/opt/pgx_pclrsc /mcdir/inst1"

    assert "Description=MirroringController inst1" in lines
    assert "User=postgres" in lines and "Group=postgres" in lines
    assert f"ExecStart=/opt/pgx_pclrsc/bin/mc_std start {where} '-f'" in lines
    assert f"ExecStop=/opt/pgx_pclrsc/bin/mc_std stop {where} ''" in lines
    assert "RequiresMountsFor=/mcdir/inst1 /database1/inst1 /opt/pgx_pclrsc" in lines


def test_two_servers_on_one_host_have_files_of_their_own() -> None:
    pair = [replace(EXAMPLE, server=name, one_host=True) for name in ("nd1", "nd2")]

    assert "MirroringController inst1_nd1\n" in unit(pair[0])
    assert "'-f --local-server=nd1'" in unit(pair[0])
    assert "# Provides:          rc_mc_inst1_nd2\n" in rc_script(pair[1])
    assert "STOP_OPTIONS='--local-server=nd2'\n" in rc_script(pair[1])


@pytest.mark.parametrize("text", ["/a'b", "/a%b", "/a$b", '/a"', "/a\\b", "/a\nb"])
@pytest.mark.parametrize("key", ["installdir", "mcdir", "data", "server", "user"])
def test_what_systemd_or_a_shell_would_read_otherwise_is_refused(
    key: str, text: str
) -> None:
    for made in (unit, rc_script, arbiter_unit):
        if made is arbiter_unit and key == "data":
            continue  # it has none
        with pytest.raises(Failure, match="cannot stand in a unit"):
            made(replace(EXAMPLE, **{key: text}))  # type: ignore[arg-type]


def verified(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Return what systemd says of a unit whose programs are there."""
    programs = directory / "in stall" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name in ("mc_std", "mc_arb"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    path = directory / "mcoi_inst1.service"
    path.write_text(text)
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed here"
)
@pytest.mark.parametrize("made", [unit, arbiter_unit])
def test_systemd_understands_every_line_of_a_unit(
    made: Callable[[Boot], str], tmp_path: Path
) -> None:
    text = made(replace(BLANKS, installdir=f"{tmp_path}/in stall", user="root"))
    good = verified(text.replace("Group=postgres", "Group=root"), tmp_path)
    wrong = verified(re.sub("KillMode=[a-z]+", "KillMode=never", text), tmp_path)

    assert (good.returncode, good.stderr) == (0, "")
    assert "never" in wrong.stderr


def test_a_shell_understands_the_script_and_says_how_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "rc"
    path.write_text(rc_script(BLANKS))
    for words, want in ((["-n", path], 0), ([path], 2), ([path, "reload"], 2)):
        done = subprocess.run(
            ["sh", *words], capture_output=True, text=True, check=False
        )

        assert done.returncode == want
        assert done.stderr.startswith("Usage: ") == (want == 2)


def test_the_script_hands_each_word_on_as_it_is(tmp_path: Path) -> None:
    """With a `su` that does what su does, but for the user: it runs the line by a shell."""
    programs = tmp_path / "two words" / "bin"
    programs.mkdir(parents=True)
    (programs / "mc_std").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    (programs / "mc_std").chmod(0o755)
    (tmp_path / "su").write_text('#!/bin/sh\necho "$1 $2 $3"\nexec sh -c "$4"\n')
    (tmp_path / "su").chmod(0o755)
    boot = replace(BLANKS, installdir=f"{tmp_path}/two words")
    text = rc_script(boot).replace("STOP_OPTIONS='", "STOP_OPTIONS='$(id) \" ")
    (tmp_path / "rc").write_text(text)

    def told(*words: str) -> list[str]:
        line = ["sh", str(tmp_path / "rc"), *words]
        path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        return subprocess.run(
            line, env=path, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    where = f"{tmp_path}/two words|/mcdir/inst1"
    start = f"--wait=60|start|{where}|-f --local-server=nd1|"
    stop = f'stop|{where}|$(id) " --local-server=nd1|'
    su = "- postgres -c"
    assert told("start") == [su, start]
    assert told("stop") == [su, stop]
    assert told("restart") == [su, f"{stop}{su}", start]


def test_generate_service_prints_what_is_of_this_server(mcdir: Mcdir) -> None:
    """The test's instance administrator has a path without what a unit cannot hold."""
    found = mcdir.of("nd2", "generate-service", "-F")
    script = mcdir.of("nd2", "generate-service", "--rc")

    assert (found.returncode, found.stderr) == (0, "")
    program, where = f"{mcdir.bin}/mc_std", f"{mcdir.bin.parent} {mcdir.path}"
    assert (
        f"ExecStart={program} start {where} '-F --local-server=nd2'\n" in found.stdout
    )
    assert f"ExecStop={program} stop {where} '--local-server=nd2'\n" in found.stdout
    assert f"User={mcdir.user.name}\n" in found.stdout
    assert "MirroringController mc_nd2\n" in found.stdout
    assert (script.returncode, script.stderr) == (0, "")
    assert f"MCDIR='{mcdir.path}'\n" in script.stdout
    assert "START_OPTIONS='--local-server=nd2'\n" in script.stdout


def test_generate_service_refuses_what_a_start_would_be_refused_for(
    mcdir: Mcdir,
) -> None:
    policy = mcdir.of("nd1", "generate-service", "-f")
    both = mcdir.of("nd1", "generate-service", "-f", "-F", "--mc-only")

    assert (policy.returncode, policy.stdout) == (1, "")
    assert "start -f needs heartbeat_error_action in nd1.conf" in policy.stderr
    assert (both.returncode, both.stdout) == (2, "")
    assert both.stderr.count("error: ") == 2


def test_the_arbiters_unit_is_of_whoever_runs_mc_arb(arbiter: Arbiter) -> None:
    """The arbiter itself runs: a unit of it is for later."""
    found = arbiter.run("generate-service")
    program, who = command("mc_arb"), pwd.getpwuid(os.geteuid()).pw_name

    assert (found.returncode, found.stderr) == (0, "")
    assert f"ExecStart={program} start -M {arbiter.directory}\n" in found.stdout
    assert f"User={who}\n" in found.stdout
    (arbiter.directory / "secret").chmod(0o644)
    refused = arbiter.run("generate-service")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_the_arbiters_process_ends_by_the_units_signal(arbiter: Arbiter) -> None:
    process, unit_of = arbiter.pid, arbiter.run("generate-service").stdout
    assert "KillMode=mixed" in unit_of and "KillSignal" not in unit_of
    processes.kill(process, signal.SIGTERM)

    processes.wait_until(lambda: processes.gone(process), "it ends")
    arbiter.start()
