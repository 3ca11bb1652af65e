"""What is seen of the server, as the OS user: its programs, its settings, what they name."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Mapping

from pgx_base.failure import Failure
from pgx_pclrsc.preflight.core import settings
from pgx_pclrsc.preflight.core.facts import (
    Configuration,
    Instance,
    Library,
    Named,
    Programs,
    Setting,
)
from pgx_pclrsc.preflight.gather.children import failure_text
from pgx_postgres import binaries, included
from pgx_postgres.processes import postmasters

_VERSION_WITHIN = 3.0  # seconds
_LIBRARIES = ("lib", "lib/postgresql", "lib64", "lib64/pgsql", "lib/pgsql")
_ALWAYS_THERE = "plpgsql.so"
_ICU = re.compile(rb"libicui18n[-\w]*\.so\.([0-9.]+)")
_KEY_BYTES = 1 << 16


def programs(bin_dir: str, major: int, environ: Mapping[str, str]) -> Programs:
    """Return the programs that Online would find for *major*."""
    said: dict[str, str] = {}

    def ask(program: str) -> str:
        said[program] = version(program, environ)
        return said[program]

    try:
        directory = binaries.find(bin_dir, major, ask)
    except Failure as ex:
        return Programs("", "", "", "", failure_text(ex))
    server = f"{directory}/{binaries.SERVER}"
    return Programs(directory, said[server].strip(), _library(directory), _icu(server))


def version(program: str, environ: Mapping[str, str]) -> str:
    """Return what *program* says of its version.  Raises OSError, also where it hangs."""
    try:
        done = subprocess.run(
            [program, "--version"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_WITHIN,
        )
    except subprocess.TimeoutExpired as ex:
        raise OSError(0, f"no answer within {_VERSION_WITHIN:g} s") from ex
    return done.stdout.decode("utf-8", "replace")


def _library(directory: str) -> str:
    """Return the directory of the server's libraries, "" where it is not found."""
    above = os.path.dirname(os.path.realpath(directory))
    for name in _LIBRARIES:
        if os.path.exists(f"{above}/{name}/{_ALWAYS_THERE}"):
            return f"{above}/{name}"
    return ""


def _icu(server: str) -> str:
    """Return the version of ICU that the program *server* is linked with, "" for none."""
    with open(server, "rb") as file:
        match = _ICU.search(file.read())
    return match[1].decode() if match else ""


def configuration(data: str, conf: str) -> Configuration:
    """Return those lines of the configuration that are judged here, without secrets."""
    dir_fd = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = included.settings(dir_fd, conf or included.CONF)
    finally:
        os.close(dir_fd)
    told = ((one, *_texts(one)) for one in found)
    return Configuration(
        tuple(
            Setting(
                name,
                settings.without_secrets(name, value),
                f"{one.file}, line {one.line}",
                one.wrong,
            )
            for one, name, value in told
            if one.wrong or name in settings.LOOKED_AT
        )
    )


def _texts(one: included.Setting) -> tuple[str, str]:
    return one.name.decode("utf-8", "replace"), one.value.decode("utf-8", "replace")


def named(parameter: str, path: str, wants: str) -> Named:
    """Return whether *path* is what *parameter* needs."""
    return Named(parameter, path, *_look(path, wants))


def _look(path: str, wants: str) -> tuple[str, bool]:
    looked_at = os.path.dirname(path) if wants == settings.PARENT else path
    try:
        found = os.stat(looked_at)
    except OSError as ex:
        return str(ex.strerror), False
    if wants in (settings.FILE, settings.SECRET):
        return _look_into(path, found, wants)
    if not stat.S_ISDIR(found.st_mode):
        return "it is no directory", False
    writes = wants in (settings.PARENT, settings.ROOM)
    if not os.access(looked_at, os.R_OK | os.X_OK | (os.W_OK if writes else 0)):
        return "the OS user may not use it", False
    return "", False


def _look_into(path: str, found: os.stat_result, wants: str) -> tuple[str, bool]:
    if not stat.S_ISREG(found.st_mode):
        return "it is no file", False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as ex:
        return f"the OS user cannot read it: {ex.strerror}", False
    with open(fd, "rb") as file:
        encrypted = wants == settings.SECRET and b"ENCRYPTED" in file.read(_KEY_BYTES)
    return (_loose(found) if wants == settings.SECRET else ""), encrypted


def _loose(found: os.stat_result) -> str:
    """Return what PostgreSQL says against a key's rights."""
    if found.st_uid not in (0, os.geteuid()):
        return "it belongs neither to the OS user nor to root"
    if found.st_mode & (0o077 if found.st_uid else 0o037):
        return f"its mode is {stat.S_IMODE(found.st_mode):04o}: others have rights"
    return ""


def libraries(
    wanted: Iterable[tuple[str, str]], library: str, path: str
) -> tuple[Library, ...]:
    """Return where each library that is loaded beforehand lies; *path* as in the setting."""
    places = [
        part.replace("$libdir", library) for part in (path or "$libdir").split(":")
    ]
    found = []
    for parameter, name in wanted:
        plugins = [f"{library}/plugins"] if parameter.startswith("local_") else []
        found.append(
            Library(parameter, name, _place(name, [*plugins, *places], library))
        )
    return tuple(found)


def _place(name: str, places: list[str], library: str) -> str:
    name = name.replace("$libdir", library)
    tries = [name] if "/" in name else [f"{place}/{name}" for place in places]
    for path in (end for one in tries for end in (one, f"{one}.so")):
        if os.path.isfile(path):
            return path
    return ""


def instance(uid: int, data: str) -> Instance:
    """Return the postmasters of the data directory that run here."""
    return Instance(tuple(postmasters.of_directory(uid, data)))
