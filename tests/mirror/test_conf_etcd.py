"""etcd in serverIdentifier.conf: what is given by half, twice or wrong, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_mirror.conf import etcd
from pgx_mirror.conf.load import load
from pgx_mirror.conf.network import Endpoint
from pgx_mirror.conf.server import read
from tests.mirror.test_conf_load import NETWORK, mcdir, said, write

__all__ = ["mcdir"]

ARBITER = NETWORK + "arbiter 127.0.0.1 26542 arbiter\n"
ASKS = "db_instance = '/database1/inst1'\nheartbeat_error_action = arbitration\n"
THREE = "192.0.2.1:2379, etcd2.example:2379,[2001:db8::1]:2380"
GIVEN = f"etcd_endpoints = '{THREE}'\netcd_prefix = '/pgx_mirror/pair1'\n"


def problems(text: str) -> list[str]:
    found = read(f"db_instance = '/database1/inst1'\n{text}".encode())[2]
    return [problem.primary for problem in found]


def test_members_are_hosts_and_ports() -> None:
    found = etcd.members(THREE)

    assert found == (
        Endpoint("192.0.2.1", 2379),
        Endpoint("etcd2.example", 2379),
        Endpoint("2001:db8::1", 2380),
    )
    assert ", ".join(map(str, found)) == THREE.replace(",[", ", [")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", '"": It has no host, or no port.'),
        ("h:1,", '"": It has no host, or no port.'),
        ("h", '"h": It has no host, or no port.'),
        ("h:0", '"h:0": Port 0 would be another one at each start.'),
        ("h:x", '"h:x": A port is a whole number from 1 to 65535.'),
        ("::1:2379", '"::1:2379": An IPv6 address stands in brackets here.'),
        ("http://h:1", '"http://h:1": It is no URL here'),
        ("192.0.2.300:1", '"192.0.2.300:1": It is no IPv4 or IPv6 address.'),
        ("h:1,H.:1", '"H.:1" stands there twice.'),
        (",".join(f"h{n}:1" for n in range(17)), "It names at most 16 members."),
    ],
)
def test_what_is_wrong_with_members_is_said(text: str, fault: str) -> None:
    assert etcd.members_fault(text).startswith(fault)


def test_all_that_is_wrong_with_members_is_said() -> None:
    assert etcd.members_fault("a,b:0").count('"') == 4


@pytest.mark.parametrize("text", ["x", "/x/", "/", "/x//y", "//x"])
def test_a_prefix_is_a_path_of_keys(text: str) -> None:
    assert etcd.prefix_fault(text)
    assert not etcd.prefix_fault("/pgx_mirror/pair1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GIVEN, []),
        (
            "etcd_endpoints = 'h:1'\n",
            ['parameter "etcd_endpoints" needs "etcd_prefix"'],
        ),
        (
            "etcd_prefix = '/x'\netcd_ssl_ca_file = 'ca'\n",
            [
                'parameter "etcd_prefix" needs "etcd_endpoints"',
                'parameter "etcd_ssl_ca_file" needs "etcd_endpoints"',
            ],
        ),
        (
            GIVEN + "etcd_ssl_ca_file = 'ca'\netcd_user = 'u'\n",
            ['parameter "etcd_user" needs "etcd_password"'],
        ),
        (
            GIVEN + "etcd_password = 'p'\n",
            ['parameter "etcd_password" needs "etcd_user"'],
        ),
        (
            GIVEN + "etcd_ssl_cert_file = 'c'\n",
            [
                'parameter "etcd_ssl_cert_file" needs "etcd_ssl_key_file"',
                'parameter "etcd_ssl_cert_file" needs "etcd_ssl_ca_file"',
            ],
        ),
        (
            GIVEN + "etcd_ssl_ca_file = 'ca'\netcd_ssl_key_file = 'k'\n",
            ['parameter "etcd_ssl_key_file" needs "etcd_ssl_cert_file"'],
        ),
        (
            GIVEN + "etcd_user = 'u'\netcd_password = 'p'\n",
            ["the password of etcd's user goes over the network in the clear"],
        ),
    ],
)
def test_what_goes_together_is_asked_for(text: str, found: list[str]) -> None:
    assert problems(text) == found


def test_the_password_is_shown_in_no_message() -> None:
    text = GIVEN + "etcd_user = 'u'\netcd_password = 'geheim\x01'\n"
    found = read(f"db_instance = '/x'\n{text}".encode())

    assert found[2]
    assert "geheim" not in repr(found[2])
    values = read(f"db_instance = '/x'\n{text}".replace("\x01", "").encode())[0]
    assert values is not None
    assert values.etcd_password == "geheim"
    assert "geheim" not in repr(values)


def test_one_of_an_arbiter_and_etcd_decides(mcdir: Path) -> None:
    write(mcdir, "server1.conf", ASKS)
    assert said(mcdir) == [
        "server1.conf:2: heartbeat_error_action is arbitration, and network.conf has no "
        "arbiter"
    ]

    write(mcdir, "server1.conf", ASKS + GIVEN)
    settings = load(str(mcdir), "server1")
    assert str(settings.etcd[0]) == "192.0.2.1:2379"
    assert settings.register_name == "etcd"

    write(mcdir, "network.conf", ARBITER)
    assert said(mcdir) == [
        "server1.conf:2: heartbeat_error_action is arbitration, and there are an arbiter "
        "and etcd"
    ]

    write(mcdir, "server1.conf", ASKS)
    settings = load(str(mcdir), "server1")
    assert (settings.etcd, settings.register_name) == ((), 'arbiter "arbiter"')


def test_without_arbitration_etcd_is_asked_nothing(mcdir: Path) -> None:
    write(mcdir, "server1.conf", ASKS.replace("arbitration", "message") + GIVEN)

    assert load(str(mcdir), "server1").etcd == ()


def test_its_files_begin_in_the_management_directory_and_are_read(mcdir: Path) -> None:
    files = (
        "etcd_ssl_ca_file = 'ca'\netcd_ssl_cert_file = 'c'\netcd_ssl_key_file = 'k'\n"
    )
    write(mcdir, "server1.conf", ASKS + GIVEN + files)
    found = [text.replace(f'"{mcdir}/', '"') for text in said(mcdir)]
    assert found == [
        "k: could not open file: No such file or directory",
        'server1.conf:5: file "ca" of parameter "etcd_ssl_ca_file" cannot be read',
        'server1.conf:6: file "c" of parameter "etcd_ssl_cert_file" cannot be read',
    ]

    for name in ("ca", "c"):
        write(mcdir, name, "")
    write(mcdir, "k", "", 0o640)
    assert said(mcdir) == ["k: file has group or world access"]
    (mcdir / "k").chmod(0o600)
    assert load(str(mcdir), "server1").server.etcd_ssl_ca_file == str(mcdir / "ca")
