"""Facts of a node on which everything is as the manual wants it, for tests to spoil."""

from __future__ import annotations

from pgx_pclrsc.preflight.core.disk_facts import (
    Data,
    Device,
    Entry,
    FileSystems,
    Lies,
    Mounted,
    Place,
    Space,
    Work,
)
from pgx_pclrsc.preflight.core.facts import (
    Account,
    Answer,
    Configuration,
    Facts,
    HugePages,
    Instance,
    Listening,
    Machine,
    Programs,
    Registered,
    Services,
    Setting,
)

DISK, VOLUME = "/mnt/data", "/dev/sfdsk/class0001/dsk/volume0001"
DATA = f"{DISK}/pgdata"
LIES = Lies(DISK, "ext4", VOLUME, "1-2-3")


def conf(**values: str) -> Configuration:
    """Return a configuration with restart_after_crash off and *values*."""
    told = {"restart_after_crash": "off", "port": "5432"} | values
    lines = enumerate(told.items(), 1)
    return Configuration(
        tuple(Setting(k, v, f"postgresql.conf, line {n}") for n, (k, v) in lines)
    )


SOUND = Facts(
    registered=Registered(
        name="pg1",
        os_user="postgres",
        uid=26,
        gid=26,
        groups=(26,),
        home="/home/postgres",
        data_directory=DATA,
        work_directory="/var/opt/pg1",
        nodes=("node1RMS", "node2RMS"),
        response_timeout=10,
        timeout_retry_count=2,
        trace_max_file_size=10240,
        watch_interval=3,
        online_timeout=3600,
        offline_timeout=1800,
        auth_failure="fault",
        settings=(("name", '"pg1"'), ("response_timeout", "10")),
    ),
    machine=Machine(
        "node1RMS", "glibc 2.36", HugePages(2048, 0, 0), True, "no", 999, "0.1.0"
    ),
    account=Account(True, 26, 26, (26,), "/home/postgres"),
    closed="",
    file_systems=FileSystems(
        (
            Entry("/etc/fstab", VOLUME, DISK, "ext4", ("noauto",), False),
            Entry("/etc/fstab.pcl", VOLUME, DISK, "ext4", ("noauto",), True),
        ),
        (Mounted("/", "ext4", "/dev/sda"), Mounted(DISK, "ext4", VOLUME)),
    ),
    data=Data(26, 0o700, 15, "7", 202209061, (Space("wal", f"{DATA}/pg_wal"),)),
    places=(
        Place(Space("data", DATA), LIES),
        Place(Space("wal", f"{DATA}/pg_wal"), LIES),
    ),
    devices=(Device(VOLUME, "ext4", True),),
    programs=Programs(
        "/usr/lib/postgresql/15/bin",
        "postgres (PostgreSQL) 15.18",
        "/usr/lib/postgresql/15/lib",
        "72",
    ),
    configuration=conf(unix_socket_directories="/run/postgresql"),
    named=(),
    libraries=(),
    services=Services((("pg1", 5432),)),
    listening=Listening((22, 5432), ("/run/postgresql/.s.PGSQL.5432",)),
    work=Work(True, 26, 0o700, True, "ext4", "/", 1 << 20, 0),
    instance=Instance((4711,)),
    answers=(Answer("template1", "row"), Answer("postgres", "row")),
    collations=(),
    locales=(),
    boot=(),
)
