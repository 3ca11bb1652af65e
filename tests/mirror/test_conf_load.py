"""A management directory, read as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_mirror.conf.load import load, load_arbiter
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
    assert "secret=" not in repr(settings)


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


def test_without_a_sound_network_conf_the_other_files_are_judged_all_the_same(
    mcdir: Path,
) -> None:
    write(mcdir, "network.conf", "server1 127.0.0.1 0\n")
    write(mcdir, "server1.conf", SERVER + "heartbeat_retry = x\n")
    bad = [
        'network.conf:1: invalid port "0"',
        'server1.conf:2: invalid value for parameter "heartbeat_retry": "x"',
    ]

    assert said(mcdir) == bad
    assert said(mcdir, None) == bad[:1]
    # A name that cannot be an identifier is not taken for a file's.
    assert said(mcdir, "../inst1/server1") == bad[:1]


def test_a_directory_that_is_not_there_is_all_that_is_said(tmp_path: Path) -> None:
    assert said(tmp_path / "none") == [
        f'could not open management directory "{tmp_path}/none": No such file or directory'
    ]


def test_a_loose_directory_does_not_hide_what_is_in_it(mcdir: Path) -> None:
    mcdir.chmod(0o777)
    write(mcdir, "server1.conf", "")

    assert said(mcdir) == [
        f'management directory "{mcdir}" can be written by others',
        'server1.conf: required parameter "db_instance" is missing',
    ]


def test_warnings_come_with_the_settings_or_beside_the_errors(mcdir: Path) -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    write(mcdir, "network.conf", NETWORK.replace("26540", str(low)))
    write(mcdir, "server1.conf", SERVER + "core_file_path = '/x'\n")

    warnings = load(str(mcdir), "server1").warnings
    (mcdir / "secret").unlink()
    with pytest.raises(Unsound) as caught:
        load(str(mcdir), "server1")
    assert [p.primary for p in caught.value.problems] == ["there is no secret"]
    assert caught.value.warnings == warnings
    told = [(p.line, p.primary) for p in warnings]
    assert (1, f"port {low} is one that the system gives to any program") in told
    assert (2, 'parameter "core_file_path" has no effect in this release') in told


def test_arbitration_needs_an_arbiter_and_should_have_a_network_of_its_own(
    mcdir: Path,
) -> None:
    write(mcdir, "server1.conf", SERVER + "heartbeat_error_action = arbitration\n")
    assert said(mcdir) == [
        "server1.conf:2: heartbeat_error_action is arbitration, and network.conf has no arbiter"
    ]

    write(mcdir, "network.conf", NETWORK + "arbiter 192.0.2.1 26541 arbiter\n")
    settings = load(str(mcdir), "server1")
    told = [p.primary for p in settings.warnings if "arbitration network" in p.primary]
    assert [
        name in line for name, line in zip(("server1", "server2"), told, strict=True)
    ] == [
        True,
        True,
    ]
    assert (settings.policy, settings.policy_given) == ("arbitration", True)
    assert settings.arbiter is not None and settings.arbiter.admin.port == 26541


def test_a_directory_inside_the_instance_is_refused_by_its_name(mcdir: Path) -> None:
    write(mcdir, "server1.conf", f"# one\ndb_instance = '{mcdir.parent}'\n")

    assert said(mcdir) == ["server1.conf:2: management directory is inside db_instance"]


def test_the_key_must_be_closed_and_all_three_files_be_there(mcdir: Path) -> None:
    names = {"cert": "c.pem", "key": "k.pem", "ca": f"{mcdir}/ca.pem"}
    lines = "".join(
        f"admin_ssl_{part}_file = '{name}'\n" for part, name in names.items()
    )
    write(mcdir, "server1.conf", SERVER + lines)
    for name in ("c.pem", "k.pem"):
        write(mcdir, name, "", 0o644)

    assert sorted(said(mcdir)) == [
        "k.pem: file has group or world access",
        'server1.conf:4: file "ca.pem" of parameter "admin_ssl_ca_file" cannot be read',
    ]

    (mcdir / "k.pem").chmod(0o400)
    write(mcdir, "ca.pem", "")
    server = load(str(mcdir), "server1").server
    assert server.tls
    assert server.admin_ssl_key_file == f"{mcdir}/k.pem"


ARBITRATION = "port = 26541\nmy_address = '192.0.2.1'\n"


def test_the_arbiter_reads_its_own_file(mcdir: Path) -> None:
    write(mcdir, "network.conf", NETWORK + "arbiter 192.0.2.1 26541 arbiter\n")
    write(mcdir, "arbitration.conf", ARBITRATION)

    settings = load_arbiter(str(mcdir))
    assert settings.local.identifier == "arbiter"
    assert settings.arbitration.core_file_path == str(mcdir)
    assert settings.arbitration.silence == pytest.approx(5.4)
    assert "secret=" not in repr(settings)


def test_the_arbiters_file_and_network_conf_must_agree(mcdir: Path) -> None:
    write(mcdir, "arbitration.conf", ARBITRATION)
    with pytest.raises(Unsound) as caught:
        load_arbiter(str(mcdir))
    (problem,) = caught.value.problems
    assert problem.primary == "there is no line of an arbiter"

    write(mcdir, "network.conf", NETWORK + "arbiter 192.0.2.2 26542 arbiter\n")
    with pytest.raises(Unsound) as caught:
        load_arbiter(str(mcdir))
    assert [
        (p.line, p.primary) for p in caught.value.problems if p.severity == "error"
    ] == [
        (1, "port 26541 is not that of the arbiter in network.conf"),
        (2, 'address "192.0.2.1" is not that of the arbiter in network.conf'),
    ]
