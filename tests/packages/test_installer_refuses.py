"""What the installer refuses, and that nothing has changed then."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from fixtures.os_user import OsUser
from tests.fix_disk import MakeDisk
from tests.packages.fix_bundle import Run, prefix_of, state

pytestmark = [pytest.mark.root, pytest.mark.packages]


def _error(done: object) -> str:
    code, said = done.returncode, done.stderr  # type: ignore[attr-defined]
    assert code == 1
    assert "Traceback" not in said
    return str(said)


def test_a_damaged_bundle(bundle: Path, open_tmp: Path, run: Run) -> None:
    wheel = next(bundle.glob("wheels/psycopg_binary-*.whl"))
    data = bytearray(wheel.read_bytes())
    data[len(data) // 2] ^= 1
    wheel.write_bytes(data)

    said = _error(run(prefix_of(open_tmp), bundle=bundle))

    assert (
        f'the bundle is not whole: "wheels/{wheel.name}" has another checksum' in said
    )
    assert not (open_tmp / "opt").exists()


def test_a_bundle_without_one_of_its_files(
    bundle: Path, open_tmp: Path, run: Run
) -> None:
    next(bundle.glob("wheels/urllib3-*.whl")).unlink()

    assert "could not read" in _error(run(prefix_of(open_tmp), bundle=bundle))


def _relist(bundle: Path, change: dict[str, str]) -> None:
    """Rename wheels, and write the list of checksums anew, as whoever makes a bundle does."""
    for old, new in change.items():
        for path in bundle.glob(f"wheels/*{old}*"):
            path.rename(path.with_name(path.name.replace(old, new)))
    (bundle / "SHA256SUMS").unlink()
    names = sorted(str(p.relative_to(bundle)) for p in bundle.rglob("*") if p.is_file())
    sums = [(hashlib.sha256((bundle / n).read_bytes()).hexdigest(), n) for n in names]
    (bundle / "SHA256SUMS").write_text("".join(f"{s}  {n}\n" for s, n in sums))


def test_a_bundle_for_another_machine(bundle: Path, open_tmp: Path, run: Run) -> None:
    _relist(bundle, {os.uname().machine: "s390x"})

    said = _error(run(prefix_of(open_tmp), bundle=bundle))

    assert "this bundle is not for CPython 3." in said
    assert "no wheel for that of: psutil, psycopg_binary" in said
    assert "PYTHON=/usr/bin/python3.12 ./install" in said
    assert not (open_tmp / "opt").exists()


def test_a_list_that_leads_out_of_the_bundle(
    bundle: Path, open_tmp: Path, run: Run
) -> None:
    with (bundle / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  ../../etc/passwd\n")

    assert '"SHA256SUMS" has the line' in _error(
        run(prefix_of(open_tmp), bundle=bundle)
    )


def test_a_program_that_does_not_run_here(
    bundle: Path, open_tmp: Path, run: Run
) -> None:
    """As where a library is missing: it is tried before it counts."""
    wheel = next(bundle.glob("wheels/pexpect-*.whl"))
    import zipfile

    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "pexpect/__init__.py", "raise ImportError('libxyz.so.1: missing')"
        )
    _relist(bundle, {})

    said = _error(run(prefix_of(open_tmp), bundle=bundle))

    assert "the installed program does not run here" in said
    assert "libxyz.so.1: missing" in said
    assert not (open_tmp / "opt").exists()


def test_a_newer_version_unless_that_is_asked_for(open_tmp: Path, run: Run) -> None:
    prefix = prefix_of(open_tmp)
    assert run(prefix).returncode == 0
    (prefix / "versions" / "current" / "VERSION").write_text("0.10.0\n")
    before = state(prefix)

    said = _error(run(prefix))
    assert f'a newer version is installed in "{prefix}": 0.10.0' in said
    assert "--downgrade" in said
    assert state(prefix) == before

    assert run("--downgrade", prefix).returncode == 0
    assert len(list(prefix.glob("versions/0*"))) == 2


def test_over_an_older_version(open_tmp: Path, run: Run) -> None:
    prefix = prefix_of(open_tmp)
    assert run(prefix).returncode == 0
    (prefix / "versions" / "current" / "VERSION").write_text("0.0.9\n")
    (prefix / "bin" / "pgx_gone").symlink_to("../versions/current/bin/pgx_gone")

    assert run(prefix).returncode == 0
    assert not os.path.lexists(prefix / "bin" / "pgx_gone"), "a command that is no more"


def test_over_one_from_before_there_were_links(open_tmp: Path, run: Run) -> None:
    """Its commands were stubs, and its samples files."""
    prefix = prefix_of(open_tmp)
    (prefix / "bin").mkdir(parents=True)
    (prefix / "share").mkdir()
    stub = f"#!/bin/sh\nsys.path += ['{prefix}/versions/abc/venv/lib']\n"
    (prefix / "bin" / "pgx_check").write_text(stub)
    (prefix / "share" / "mc_server.conf.sample").write_text("of old\n")
    (prefix / "versions" / "abc").mkdir(parents=True)

    done = run(prefix)

    assert done.returncode == 0, done.stderr
    assert (prefix / "bin" / "pgx_check").is_symlink()
    assert "of old" not in (prefix / "share" / "mc_server.conf.sample").read_text()


def test_what_is_of_another_program(open_tmp: Path, run: Run) -> None:
    prefix = prefix_of(open_tmp)
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "mc_ctl").write_text("of another program\n")
    (prefix / "bin" / "pgx_check").symlink_to("/bin/true")
    before = state(prefix)

    said = _error(run(prefix))

    assert "In the way: bin/mc_ctl, bin/pgx_check." in said
    assert state(prefix) == before


@pytest.mark.parametrize("closed", ["opt", "opt/pgx"])
def test_a_place_that_others_cannot_enter(
    open_tmp: Path, run: Run, closed: str
) -> None:
    (open_tmp / closed).mkdir(parents=True)
    (open_tmp / closed).chmod(0o700)

    assert f'"{open_tmp / closed}" is closed to them' in _error(
        run(prefix_of(open_tmp))
    )
    assert state(prefix_of(open_tmp)) == []


def test_a_place_that_another_user_could_change(
    open_tmp: Path, run: Run, os_user: OsUser
) -> None:
    """RMS runs as root what is installed: the OS user could put something else there."""
    theirs = open_tmp / "home" / "opt"
    theirs.mkdir()
    os_user.own(theirs)
    for prefix in (theirs, theirs / "pgx"):
        assert "root would run what other users can change" in _error(run(prefix))
    (open_tmp / "way").symlink_to(theirs)
    assert "root would run" in _error(run(open_tmp / "way"))

    (open_tmp / "opt").mkdir()
    (open_tmp / "opt").chmod(0o777)
    assert f'directory "{open_tmp}/opt" can be written by others' in _error(
        run(prefix_of(open_tmp))
    )
    assert os.listdir(theirs) == []


def test_a_versions_directory_that_leads_to_another_users_place(
    open_tmp: Path, run: Run, os_user: OsUser
) -> None:
    prefix = prefix_of(open_tmp)
    prefix.mkdir(parents=True)
    (prefix / "versions").symlink_to(open_tmp / "home")

    assert "root would run what other users can change" in _error(run(prefix))
    assert os.listdir(open_tmp / "home") == []


def test_a_user_without_rights(open_tmp: Path, run: Run, os_user: OsUser) -> None:
    said = _error(run(prefix_of(open_tmp), user=os_user.name))

    assert "you may not write there" in said
    assert "hint: Install as root, or choose a PREFIX of your own." in said


def test_a_prefix_that_is_no_directory_or_no_path(open_tmp: Path, run: Run) -> None:
    (open_tmp / "opt").write_text("")

    assert "is no directory" in _error(run(prefix_of(open_tmp)))
    assert "must be an absolute path" in _error(run("opt/pgx"))
    assert "quotation mark" in _error(run(open_tmp / "o'clock"))


def test_a_file_system_that_is_full(make_disk: MakeDisk, run: Run) -> None:
    disk = make_disk("small")
    os.chown(disk.point, 0, 0)
    free = shutil.disk_usage(disk.point).free
    with (disk.point / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, max(free - (8 << 20), 1))

    said = _error(run(disk.point / "pgx"))

    assert "No space left on device" in said
    assert not (disk.point / "pgx").exists()
