"""Programs that a real pair calls: over a disconnection, a switch and a failover.

Each writes down how it was called, and the mark of its server at that moment.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.pair.place import A, B
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, FILE, OUT
from tests.fix_postgres import open_directory
from tests.fix_programs import sound_directory
from tests.mirror.programs import script
from tests.mirror.whole import PATIENCE, Whole, whole

KINDS = ("pre_detach_command", "post_attach_command", "post_switch_command")
LIMIT = 20  # seconds for each, of which one takes a part: psql, on a busy machine
PAIRED = {
    f"post_attach_command {A} primary {B} primarycenter: PAIR",
    f"post_attach_command {B} standby {A} primarycenter: SYNC",
}
LEFT = {
    f"pre_detach_command {A} primary {B} primarycenter: PAIR",
    f"pre_detach_command {B} standby {A} primarycenter: SYNC",
}
SWITCHED = {f"post_switch_command {B} primarycenter: ALONE, commits"}
BACK = {line.translate(str.maketrans("12", "21")) for line in PAIRED}


class Told(Whole):
    """A pair whose servers call programs below *programs*."""

    programs: Path

    def form(self) -> None:
        """Have the programs made, and the pair formed by them."""
        for kind in KINDS:
            script(self.programs / kind, self._text())
            self.conf[kind] = f"'{self.programs / kind}'"
        self.conf["status_transition_command_timeout"] = LIMIT
        super().form()

    def _text(self) -> str:
        """Return a script that hangs or fails where it is told to, once it has told."""
        ports = " ".join(f"{name}) port={self.servers[name].port};;" for name in (A, B))
        ask = (
            f"{self.binaries.directory}/psql -h 127.0.0.1 -p $port -U {self.user.name}"
        )
        return f"""
case $1 in {ports} esac
kind=$(basename $0)
mark=$(sed -n 's/^state = //p' {self.home}/$1/{FILE})
if [ $kind = post_switch_command ]; then
    {ask} -d postgres -qc 'create table hooked ()' && mark="$mark, commits"
fi
echo "$kind $*: $mark" >> {self.lines}
[ ! -e {self.home}/hang ] || sleep 600
[ ! -e {self.home}/fail ] || exit 3
"""

    @property
    def lines(self) -> Path:
        """Where they write."""
        return self.home / "told"

    def told(self) -> list[str]:  # type: ignore[override]
        """Return what they have written since it was forgotten."""
        return self.lines.read_text().splitlines() if self.lines.exists() else []

    def until_told(self, wanted: set[str]) -> None:
        """Wait until that, and no more than that, was written."""
        wait_until(lambda: set(self.told()) >= wanted, f"{wanted}", PATIENCE)
        assert sorted(self.told()) == sorted(wanted)

    def forget(self) -> None:
        """Forget what was written."""
        self.lines.unlink(missing_ok=True)

    def rejoin(self) -> None:
        """Have a standby that was disconnected join again."""
        self.mc_ctl(B, "stop")
        self.mc_ctl(B, "start", "-w", "-f")
        self.until_switchable()
        self.until_told(PAIRED)
        self.forget()


@pytest.fixture(scope="module")
def programs() -> Iterator[Path]:
    with sound_directory() as made:
        yield made


@pytest.fixture(scope="module")
def pair(postgresql: Binaries, os_user: OsUser, programs: Path) -> Iterator[Told]:
    kind = type("_Told", (Told,), {"programs": programs})
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, kind=kind) as made,
    ):
        assert isinstance(made, Told)
        made.until_told(PAIRED)
        made.forget()
        yield made


@pytest.fixture
def attached(pair: Told) -> Iterator[Told]:
    """The pair, of which all has been told; whole again afterwards."""
    pair.settles()
    pair.forget()
    yield pair
    for name in ("hang", "fail"):
        (pair.home / name).unlink(missing_ok=True)


def flag(pair: Told, name: str) -> None:
    path = pair.home / name
    path.write_text("")
    pair.user.own(path)


def messages(pair: Told, name: str, number: str, least: int = 0) -> list[str]:
    """Return *name*'s messages of that number in its trace, once there are *least*."""

    def found() -> list[str]:
        return re.findall(rf"(?m)^.*\({number}\)$", pair.trace(name))

    wait_until(lambda: len(found()) >= least, f"{number} of {name}", PATIENCE)
    return found()


@pytest.mark.one_postgres
def test_both_are_told_before_a_disconnection_and_of_the_pair_again(
    attached: Told,
) -> None:
    attached.mc_ctl(A, "detach")

    attached.until_told(LEFT)
    assert (attached.mark(A).state, attached.mark(B).state) == (ALONE, OUT)
    begun = len(messages(attached, A, "PGX00601", 2))
    assert len(messages(attached, A, "PGX00602", begun)) == begun
    attached.forget()
    attached.rejoin()
    attached.witness()


@pytest.mark.one_postgres
@pytest.mark.parametrize(
    ("how", "number"), [("hang", "PGX00604"), ("fail", "PGX00603")]
)
def test_whatever_they_come_to_it_is_disconnected(
    attached: Told, how: str, number: str
) -> None:
    """Commits wait for no longer than the programs may take."""
    flag(attached, how)
    before = [len(messages(attached, name, number)) for name in (A, B)]
    began = time.monotonic()

    attached.mc_ctl(B, "detach")
    took = time.monotonic() - began

    attached.until_told(LEFT)
    assert attached.mark(A).state == ALONE
    attached.commits()
    if how == "hang":
        assert took >= 2 * LIMIT  # the standby's, then the primary's
    for name, count in zip((A, B), before, strict=True):
        assert len(messages(attached, name, number, count + 1)) == count + 1
    attached.forget()
    (attached.home / how).unlink()
    attached.rejoin()


@pytest.mark.one_postgres
def test_one_that_is_broken_meanwhile_is_not_called_and_that_is_told(
    attached: Told,
) -> None:
    path = attached.programs / "pre_detach_command"
    path.chmod(0o777)
    try:
        attached.mc_ctl(A, "detach")
    finally:
        path.chmod(0o755)

    assert attached.told() == []
    (said,) = messages(attached, A, "PGX00605", 1)
    assert "it is writable by others (mode 0777)" in said
    attached.rejoin()


@pytest.mark.one_postgres
def test_the_new_primary_tells_of_a_switch_and_of_a_failover(attached: Told) -> None:
    """Once its commits pass: by its own. Nobody is told of a disconnection."""
    attached.mc_ctl(A, "switch")
    attached.until_told(SWITCHED)
    attached.forget()
    attached.rebuild(A)
    attached.until_told(BACK)
    attached.forget()
    attached.asks(B, "drop table hooked")

    attached.power_off(B)

    attached.until_told({line.replace(B, A) for line in SWITCHED})
    attached.commits()
    attached.witness()
