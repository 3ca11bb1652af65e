"""`pgx_pclrsc --export` and `--import`: definitions on their way to another node."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.needs import missing
from pgx_base.version import VERSION
from tests.cli.test_pgx_pclrsc_killed import points, traced
from tests.fix_registry import Registry, Result


@pytest.fixture
def other(registry: Registry) -> Registry:
    """The registry of another node, whose work directories have the same paths."""
    return Registry(registry.root.parent / "other", registry.home, registry.user)


@pytest.fixture
def carried(registry: Registry, tmp_path: Path) -> Path:
    """A file with pg1 and pg2, exported by the first node."""
    assert (
        registry.add({}, "--env=LANG=ja_JP.UTF-8", "--watch-interval=5").returncode == 0
    )
    second = {"-c": "pg2", "-w": registry.home / "work2"}
    assert registry.add(second, "--switch-mode=fast").returncode == 0
    return export(registry, tmp_path / "carried")


def export(registry: Registry, file: Path, *words: str) -> Path:
    result = registry.run("--export", *words)
    assert (result.returncode, result.stderr) == (0, "")
    file.write_text(result.stdout)
    file.chmod(0o600)
    return file


def refused(registry: Registry, file: Path, *texts: str) -> str:
    """Have *file* refused with all of *texts*, and nothing done; return what was said."""
    before = registry.names(), sorted(os.listdir(registry.home))
    result = registry.run(f"--import={file}")
    assert (result.returncode, result.stdout) == (1, "")
    for text in texts:
        assert text in result.stderr
    assert "Traceback" not in result.stderr
    after = registry.names(), sorted(os.listdir(registry.home))
    assert after in (before, ([], before[1]))
    return result.stderr


def test_what_one_node_exports_the_other_registers_alike(
    registry: Registry, other: Registry, carried: Path
) -> None:
    result = other.run(f"--import={carried}")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        'resource "pg1" registered',
        'resource "pg2" registered',
    ]
    for name in ("pg1", "pg2"):
        assert other.load(name) == registry.load(name)
        assert other.is_whole(name)
    assert other.run("--export").stdout == carried.read_text()


def test_one_resource_alone_can_be_carried(
    registry: Registry, other: Registry, carried: Path
) -> None:
    one = export(registry, carried, "-c", "pg2")
    assert other.run(f"--import={one}").returncode == 0
    assert other.names() == ["pg2"]
    assert registry.run("--export", "-c", "pg9").returncode == 1


def test_a_name_that_is_registered_is_refused_like_by_minus_a(
    registry: Registry, other: Registry, carried: Path
) -> None:
    assert other.add({"-c": "pg2", "-w": registry.home / "work9"}).returncode == 0
    refused(other, carried, 'resource "pg2" already exists')
    assert other.names() == ["pg2"]


def change(old: str, new: str) -> Callable[[str], str]:
    def changed(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return changed


@pytest.mark.parametrize(
    ("spoil", "texts"),
    [
        (change(f'"{VERSION}"', '"0.0.1"'), ['the file is of version "0.0.1"']),
        (
            change(f'export-version = "{VERSION}"\n', ""),
            ["the file does not say which version wrote it"],
        ),
        (change("os_user =", "color = 1\nos_user ="), ['unrecognized key "color"']),
        (change("[pg1]", "home = 1\n[pg1]"), ['unrecognized key "home"']),
        (change("uid =", "shell ="), ['unrecognized key "shell"']),
        (change("nodes =", "# nodes ="), ['missing key "nodes"']),
        (change("[pg1]", "[1pg]"), ['invalid resource name "1pg"']),
        (
            change("LANG", "PGPASSWORD"),
            ['environment variable "PGPASSWORD" may hold a secret'],
        ),
        (
            change("watch_interval = 5", "watch_interval = 0"),
            ['invalid value "0" for watch-interval'],
        ),
        (
            change("watch_interval = 5", "watch_interval = five"),
            ["line 13 cannot be understood"],
        ),
        (change("work2", "work"), ['work" is that of resource "pg1"']),
        (lambda _: "", ["no resource in the file"]),
        (lambda _: "\0" * 5000, ["cannot be understood"]),
        (lambda text: text + "#" * (1 << 20), ["it is too large for definitions"]),
    ],
)
def test_a_file_that_is_not_right_is_refused(
    other: Registry, carried: Path, spoil: Callable[[str], str], texts: list[str]
) -> None:
    carried.write_text(spoil(carried.read_text()))
    refused(other, carried, *texts)


def test_all_that_is_wrong_with_all_resources_is_told_at_once(
    other: Registry, carried: Path
) -> None:
    text = carried.read_text().replace(f'"{VERSION}"', '"9"')
    text = text.replace("watch_interval = 5", "watch_interval = 0")
    text = text.replace('switch_mode = "fast"', 'switch_mode = "slow"\ncolor = 1')
    text = text.replace("PGPASSWORD", "x").replace("ja_JP", "://a:topsecret@b")
    carried.write_text(text)
    said = refused(
        other,
        carried,
        'the file is of version "9"',
        'invalid value "0" for watch-interval',
        'invalid value "slow" for switch-mode',
        'unrecognized key "color"',
        'environment variable "LANG" may hold a secret',
        'It is said of resource "pg2" in the file.',
    )
    assert "topsecret" not in said


@pytest.mark.parametrize("what", ["data", "work"])
def test_two_names_of_one_directory_in_one_file_are_one_directory(
    registry: Registry, other: Registry, carried: Path, what: str
) -> None:
    link = registry.home / "link"
    link.symlink_to({"data": registry.data, "work": registry.work}[what])
    first, between, second = carried.read_text().partition("[pg2]")
    named = re.sub(rf'({what}_directory) = "[^"]*"', rf'\1 = "{link}"', second)
    carried.write_text(f"{first}{between}{named}")
    refused(other, carried, f'{what} directory "{link}" ')


def test_an_os_user_with_another_id_is_refused(
    registry: Registry, other: Registry, carried: Path
) -> None:
    uid = registry.load().uid
    carried.write_text(carried.read_text().replace(f"uid = {uid}", f"uid = {uid + 1}"))
    refused(other, carried, "has another uid than on the other node")


def test_a_link_a_fifo_and_what_others_can_write_are_not_read(
    other: Registry, carried: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(carried)
    refused(other, link, "it is a symbolic link")
    (tmp_path / "directory").symlink_to(carried.parent)
    refused(other, tmp_path / "directory" / carried.name, "it is a symbolic link")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    refused(other, fifo, "it is a FIFO")
    refused(other, tmp_path, "it is a directory")
    refused(other, tmp_path / "nothing", "No such file or directory")
    carried.chmod(0o620)
    refused(other, carried, "others than its reader could have written it")


@pytest.mark.root
def test_root_reads_no_definitions_that_another_user_has_written(
    other: Registry, carried: Path
) -> None:
    os.chown(carried, other.user.uid, -1)
    refused(other, carried, "others than its reader could have written it")


def test_an_export_has_no_secret_and_is_refused_where_a_definition_has_one(
    registry: Registry, carried: Path
) -> None:
    assert "LANG" in carried.read_text()
    path = registry.root / "pg1" / "definition.toml"
    path.write_text(path.read_text().replace("LANG = ", 'PGPASSWORD = "topsecret" # '))
    result: Result = registry.run("--export")
    assert (result.returncode, result.stdout) == (1, "")
    assert "topsecret" not in result.stderr


# What is durable: between two of these nothing changes.
DURABLE = re.compile(r"inject=(rename\w*|fsync|unlink\w*|mkdir\w*|symlink\w*):")


def test_killed_at_any_of_its_writes_it_leaves_all_resources_or_none(
    other: Registry, carried: Path, tmp_path: Path
) -> None:
    """As soon as anybody looks: what was decided is finished by whoever comes next."""
    if reason := missing("strace"):
        pytest.skip(reason)
    words = [f"--import={carried}"]
    seen = set()
    for options in points(other, tmp_path / "calls", [], words):
        if not DURABLE.match(options[-1]):
            continue
        shutil.rmtree(other.root, ignore_errors=True)
        traced(other, options, words)
        found = other.run("-p").stdout.split()
        assert found in ([], ["pg1", "pg2"]), options
        seen.add(len(found))
        again = other.run(*words)
        assert again.returncode == (1 if found else 0), (options, again.stderr)
        assert other.names() == ["pg1", "pg2"]
        assert all(map(other.is_whole, ("pg1", "pg2")))
    assert seen == {0, 2}


def test_an_error_at_any_of_its_writes_leaves_none(
    other: Registry, carried: Path, tmp_path: Path
) -> None:
    if reason := missing("strace"):
        pytest.skip(reason)
    words = [f"--import={carried}"]
    for options in points(other, tmp_path / "calls", [], words, "error=EIO"):
        if not DURABLE.match(options[-1]):
            continue
        shutil.rmtree(other.root, ignore_errors=True)
        result = traced(other, options, words)
        there = ["pg1", "pg2"] if result.returncode == 0 else []
        assert other.names() == there, (options, result.stderr)
        assert "Traceback" not in result.stderr
