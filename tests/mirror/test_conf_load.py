"""A management directory, read as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_mirror.conf.load import load
from pgx_mirror.conf.problem import Unsound, failures
from pgx_mirror.conf.secret import create

NETWORK = "server1 127.0.0.1 26540\nserver2 127.0.0.1 26541\n"
SERVER = "db_instance = '/database1/inst1'\n"


def write(directory: Path, name: str, text: str | bytes, mode: int = 0o600) -> None:
    path = directory / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


@pytest.fixture
def mcdir(tmp_path: Path) -> Path:
    made = tmp_path / "inst1"
    made.mkdir(mode=0o700)
    write(made, "network.conf", NETWORK)
    write(made, "server1.conf", SERVER)
    create(str(made))
    return made


def said(mcdir: Path, local: str | None = "server1") -> list[str]:
    with pytest.raises(Unsound) as caught:
        load(str(mcdir), local)
    return [f.primary.replace(f"{mcdir}/", "") for f in failures(caught.value.problems)]


def test_the_manuals_defaults_are_what_is_not_given(mcdir: Path) -> None:
    settings = load(str(mcdir), "server1")

    assert settings.identifier == "server1"
    assert settings.peer.identifier == "server2"
    assert (settings.peer.admin.host, settings.peer.admin.port) == ("127.0.0.1", 26541)
    assert settings.silence == pytest.approx(5.4)
    assert (settings.policy, settings.policy_given) == ("message", False)
    assert settings.arbiter is None
    assert len(settings.secret) == 32
    assert settings.server.core_file_path == str(mcdir)
    assert settings.secret.hex() not in repr(settings)


def test_everything_that_is_wrong_is_said_at_once(mcdir: Path) -> None:
    write(mcdir, "network.conf", "# two\n" + NETWORK, 0o640)
    write(mcdir, "server1.conf", "heartbeat_intervall = 5\nheartbeat_retry = -1\n")
    (mcdir / "secret").unlink()

    problems = said(mcdir)

    assert problems[0] == "network.conf: file has group or world access"
    assert problems[-4:] == [
        'server1.conf: required parameter "db_instance" is missing',
        'server1.conf:1: unrecognized configuration parameter "heartbeat_intervall"',
        'server1.conf:2: invalid value for parameter "heartbeat_retry": "-1"',
        "secret: there is no secret",
    ]


def test_two_servers_on_one_host_must_be_told_apart(mcdir: Path) -> None:
    assert said(mcdir, None) == ["network.conf: both servers are on this host"]
    assert said(mcdir, "server3") == ['network.conf: there is no server "server3"']


def test_this_hosts_address_tells_which_server_it_is(mcdir: Path) -> None:
    far = "192.0.2.110 26540"  # an address of documents alone
    write(mcdir, "network.conf", f"server2 {far}\nserver1 127.0.0.1 26540\n")

    assert load(str(mcdir)).identifier == "server1"

    write(mcdir, "network.conf", f"server1 192.0.2.100 26540\nserver2 {far}\n")
    assert said(mcdir, None) == ["network.conf: neither server is on this host"]


def test_a_file_is_not_read_through_a_link(mcdir: Path) -> None:
    os.rename(mcdir / "network.conf", mcdir / "elsewhere")
    (mcdir / "network.conf").symlink_to("elsewhere")

    assert said(mcdir) == ["network.conf: could not open file: it is a symbolic link"]
