"""pgx_dmpall struck at each durable call of its own: no backup is lost, or listed by half.

The copying is a stand-in's, which lays a backup that pg_basebackup has made: where that is
struck is test_dmpall_ended's.  Nothing is cleared up between two strikes but by the next run.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_mirror.backup import destination, finding, locking, looking, making, places
from pgx_mirror.backup.kept import Kept
from tests.backup.dumps import Dumps, replaced, slowed
from tests.mirror.struck import KILLED, Struck

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

_CALL = re.compile(r"^(\w+)\(", re.MULTILINE)


class _Silent:
    def say(self, text: str) -> None:
        pass

    def warn(self, what: Failure) -> None:
        pass


def _dump(place: Dumps) -> None:
    """Do what the command does; what fails is an error as `Struck` knows it."""
    data = str(place.server.data)
    settings = finding.settings_of(data, str(place.conf), "")
    task = finding.task_of(settings, data, 2)
    try:
        found = looking.look(task, _Silent())
        locking.take(task.destination)
        destination.prepare(task.destination)
        making.make(task, found, _Silent(), Heeded((), KeyboardInterrupt))
    except Failure as ex:
        raise OSError(0, ex.primary) from ex


@pytest.fixture(scope="module")
def laid(modules_dumps: Dumps, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what pg_basebackup has made."""
    modules_dumps.settles()
    one = modules_dumps.dump()
    made = modules_dumps.home / "laid"
    Path(places.backup(str(modules_dumps.destination), one.name)).rename(made)
    (made / places.LABEL).unlink()
    _thin(made / places.BASE)
    return made


def _thin(base: Path) -> None:
    """Leave a few files of a backup, and a manifest that has no more."""
    shutil.rmtree(base / "base")
    manifest = base / "backup_manifest"
    found = json.loads(manifest.read_text())
    found["Files"] = [
        one for one in found["Files"] if not one["Path"].startswith("base/")
    ]
    del found["Manifest-Checksum"]
    text = json.dumps(found, indent=0)[:-2] + ",\n"
    checksum = hashlib.sha256(text.encode()).hexdigest()
    manifest.write_text(f'{text}"Manifest-Checksum": "{checksum}"}}\n')


@pytest.fixture
def striking(dumped: Dumps, laid: Path, tmp_path: Path) -> Struck:
    """A child that makes a backup, beside two that are whole."""
    slowed(dumped)
    replaced(
        dumped,
        'for w; do case $w in --pgdata=*) to=$(dirname "${w#*=}");; esac; done\n'
        f'cp -a "{laid}/base" "{laid}/tablespace" "$to/"',
    )
    struck = Struck(partial(_dump, dumped), tmp_path / "log", dumped.user)
    for _ in range(2):
        assert struck.run() == "done"
    return struck


def strikes(struck: Struck) -> Iterator[tuple[str, int]]:
    """Yield each durable call, of the many that remove files a few."""
    assert struck.run() == "done"
    counted = Counter(_CALL.findall(struck.log.read_text()))
    assert counted["fsync"] >= 4
    for call, count in counted.items():
        numbers = {1, 2, count // 2, count} if "unlink" in call else range(1, count + 1)
        for number in sorted(set(numbers) - {0}):
            yield call, number


def check(place: Dumps, before: Kept, verified: set[str]) -> None:
    """See that all that is listed is whole, and that what was lost was replaced."""
    good = place.found().good
    assert {one.name for one in before.good[-2:]} <= {one.name for one in good} or (
        len(good) >= 2 and good[0] in before.good
    )
    for one in good:
        if one.name not in verified:
            place.verify(one)
            verified.add(one.name)


@pytest.mark.parametrize("fate", [KILLED, "error=EIO"])
def test_struck_at_each_call(dumped: Dumps, striking: Struck, fate: str) -> None:
    verified: set[str] = set()
    ends = Counter[str]()
    for call, number in list(strikes(striking)):
        before = dumped.found()
        how = striking.run(f"{call}:{fate}:when={number}")
        check(dumped, before, verified)
        if fate != KILLED and how != "done":
            assert how == "OSError 0", (call, number)
        ends[how] += 1

    assert ends["" if fate == KILLED else "OSError 0"] > 5
    assert striking.run() == "done"
    names = [one.name for one in dumped.found().good]
    assert len(names) == 2
    assert dumped.entries() == names
