"""dpkg --purge removes the registry, but of no other installation: a bundle's goes by it too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.needs import missing
from tools.packaging import scripts

pytestmark = pytest.mark.root
PURGE = Path(scripts.__file__).with_name("purge.sh")
# In places of its own, with a registry; what is given is done first.
ALONE = """
set -e
mount --make-rprivate /
for place in /etc/opt /opt /run; do mkdir -p $place; mount -t tmpfs none $place; done
mkdir -p /etc/opt/pgx_pclrsc/pg1 /opt/pgx_pclrsc/versions /run/pgx_pclrsc
{first}
sh -e {purge}
ls /etc/opt
"""


def left(first: str) -> str:
    if reason := missing("unshare", "mount"):
        pytest.skip(reason)
    script = ALONE.format(first=first, purge=PURGE)
    line = ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"]
    done = subprocess.run(
        [*line, "sh", "-s"], input=script, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert ("stays: it is in use" in done.stderr) == bool(done.stdout)
    return done.stdout.strip()


def test_the_registry_goes_where_nothing_goes_by_it() -> None:
    assert left("true") == ""


def test_the_registry_of_another_installation_stays() -> None:
    assert left("ln -s . /opt/pgx_pclrsc/versions/current") == "pgx_pclrsc"


MONITOR = """
cp /bin/sleep /run/pgx_monitor
/run/pgx_monitor 60 </dev/null >/run/x 2>&1 &
until grep -qsz /run/pgx_monitor /proc/$!/cmdline; do :; done
"""


def test_the_registry_stays_while_a_monitor_runs_from_anywhere() -> None:
    assert left(MONITOR) == "pgx_pclrsc"
