"""What PostgreSQL's settings mean for a node: sizes, switches, and paths that they name.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgx_pclrsc.preflight.core.facts import Configuration

DEFAULT_PORT = 5432
DIRECTORY, ROOM, PARENT = "directory", "room", "parent"
FILE, SECRET = "file", "secret"
_UNITS = {"B": 1 / 1024, "kB": 1, "MB": 1 << 10, "GB": 1 << 20, "TB": 1 << 30}
# Parameter, and what the path in it has to be.
_PATHS = {
    "hba_file": FILE,
    "ident_file": FILE,
    "external_pid_file": PARENT,
    "log_directory": ROOM,
    "stats_temp_directory": ROOM,
    "krb_server_keyfile": FILE,
}
_SSL_PATHS = {
    "ssl_cert_file": FILE,
    "ssl_key_file": SECRET,
    "ssl_ca_file": FILE,
    "ssl_crl_file": FILE,
    "ssl_crl_dir": DIRECTORY,
    "ssl_dh_params_file": FILE,
}
_SSL_DEFAULTS = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
PRELOADS = (
    "shared_preload_libraries",
    "session_preload_libraries",
    "local_preload_libraries",
)
_PROMPTS = re.compile(
    r"/dev/tty|\bsystemd-ask-password\b|\bgetpass\b|\bpinentry\b|(?:^|[\s;&|(])read\b"
)
# The word that %f, the file's name, ends: cp %p "/backup/%f"
_ARCHIVED = re.compile(r"""(/[^\s'"]*)/[^\s'"/]*%f""")
LOCALES = ("lc_messages", "lc_monetary", "lc_numeric", "lc_time")


def is_on(text: str) -> bool:
    """Whether *text* is a true boolean as PostgreSQL reads it."""
    word = text.strip().lower()
    return word in ("1", "on") or (
        word != "" and word in ("true"[: len(word)], "yes"[: len(word)])
    )


def kilobytes(text: str, unit: float) -> float | None:
    """Return the size that *text* names; a bare number is of *unit* kB.  None: no size."""
    match = re.fullmatch(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([kMGT]?B)?\s*", text)
    if match is None:
        return None
    return float(match[1]) * (_UNITS[match[2]] if match[2] else unit)


def words(text: str) -> list[str]:
    """Return what stands between the commas of *text*, without quotes and blanks."""
    parts = (part.strip().strip('"') for part in text.split(","))
    return [part for part in parts if part]


def port(found: Configuration) -> int:
    """Return the port that the server listens on; 0 where it is no number."""
    text = found.value("port", str(DEFAULT_PORT)).strip()
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0


def socket_directories(found: Configuration) -> list[str]:
    """Return where its sockets are, as far as the configuration says so."""
    return words(found.value("unix_socket_directories"))


def named_paths(found: Configuration, data: str) -> Iterator[tuple[str, str, str]]:
    """Yield parameter, absolute path and what it has to be, of each path that is named."""
    tables = [_PATHS] + ([_SSL_PATHS] if is_on(found.value("ssl")) else [])
    for table in tables:
        for name, wants in table.items():
            if value := found.value(
                name, _SSL_DEFAULTS.get(name, "") if table is _SSL_PATHS else ""
            ):
                yield name, absolute(value, data), _wanted(name, value, wants)
    for directory in socket_directories(found):
        if not directory.startswith("@"):
            yield "unix_socket_directories", absolute(directory, data), ROOM
    for directory in found.value("dynamic_library_path").split(":"):
        if directory.startswith("/"):
            yield "dynamic_library_path", directory, DIRECTORY


def _wanted(name: str, value: str, wants: str) -> str:
    """Return what has to be there; a log directory inside the data directory is made."""
    return PARENT if name == "log_directory" and not value.startswith("/") else wants


def absolute(path: str, data: str) -> str:
    """Return *path*, which is relative to the data directory."""
    return path if path.startswith("/") else f"{data}/{path}"


def preloaded(found: Configuration) -> Iterator[tuple[str, str]]:
    """Yield parameter and name of each library that is loaded beforehand."""
    for parameter in PRELOADS:
        for name in words(found.value(parameter)):
            yield parameter, name


def archives(found: Configuration) -> bool:
    """Whether the server archives its write-ahead log."""
    return found.value("archive_mode", "off").strip().lower() == "always" or is_on(
        found.value("archive_mode", "off")
    )


def archive_directory(found: Configuration) -> str:
    """Return the absolute directory that the log is archived into, "" where none is told."""
    directory = found.value("basic_archive.archive_directory")
    command = found.value("archive_command")
    match = _ARCHIVED.search(command)
    if found.value("archive_library"):
        return directory
    return match[1] if match else ""


def locales(found: Configuration) -> list[str]:
    """Return the locales that the configuration names, once each."""
    named = (found.value(name) for name in LOCALES)
    return sorted({name for name in named if name not in ("", "C", "POSIX")})


# All that is looked at; nothing else of the configuration leaves the data directory.
LOOKED_AT = frozenset(
    {
        *_PATHS,
        *_SSL_PATHS,
        *PRELOADS,
        *LOCALES,
        "archive_command",
        "archive_library",
        "archive_mode",
        "basic_archive.archive_directory",
        "data_directory",
        "dynamic_library_path",
        "huge_page_size",
        "huge_pages",
        "listen_addresses",
        "port",
        "restart_after_crash",
        "shared_buffers",
        "ssl",
        "ssl_passphrase_command",
        "unix_socket_directories",
    }
)


def asks_a_person(command: str) -> bool:
    """Whether an ssl_passphrase_command waits for somebody to type."""
    return _PROMPTS.search(command) is not None


def without_secrets(name: str, value: str) -> str:
    """Return what is kept of *value*: a command may have a secret in its words."""
    if name == "archive_command":
        match = _ARCHIVED.search(value)
        return f"{match[1]}/%f" if match else "..." if value else ""
    if name == "ssl_passphrase_command" and value:
        asked = _PROMPTS.search(value)
        program = value.split(None, 1)[0]
        return f"{program} ... {asked[0].strip()}" if asked else f"{program} ..."
    return value
