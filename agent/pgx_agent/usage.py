"""What a script answers to --help and --version, and to words that it does not take.

Loaded only where the words are not just the name of a resource, so it costs no Check and
no switch anything.  Help is given only where it is asked for alone: whatever else is on
the line, a script that has done nothing must not exit 0.
"""

from __future__ import annotations

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.version import VERSION

_HELP = ("-?", "--help")
_VERSION = ("-V", "--version")
_ABOUT = {
    "pgx_online": """\
pgx_online brings the PostgreSQL instance of a resource Online, and monitors it.

Usage:
  pgx_online [--break-guard] NAME

NAME is the resource's, as pgx_pclrsc -p lists it.

Options:
      --break-guard         start although the data directory is in use elsewhere: only
                            when no server runs on it anywhere
""",
    "pgx_offline": """\
pgx_offline stops the PostgreSQL instance of a resource, and leaves nothing of it.

Usage:
  pgx_offline NAME

NAME is the resource's, as pgx_pclrsc -p lists it.

Options:
""",
    "pgx_check": """\
pgx_check tells the state of a resource by its exit code.

Usage:
  pgx_check NAME

NAME is the resource's, as pgx_pclrsc -p lists it.

Options:
""",
}
_OPTIONS = """\
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Exit status:
"""
_EXITS = {
    "pgx_online": """\
  0  the instance accepts connections and is monitored
  1  it does not, for the reason on stderr; wrong usage
""",
    "pgx_offline": """\
  0  nothing of the instance is left on this node
  1  something is left, for the reason on stderr; wrong usage
""",
    "pgx_check": """\
  0  Online
  1  Offline; a name that is not registered
  2  Faulted, for the reason on stderr; wrong usage
""",
}
_DEFAULT_HOME = """
PGX_PCLRSC_HOME is the registry's directory (default: /etc/opt/pgx_pclrsc).
"""


def answered(program: str, arguments: list[str]) -> bool:
    """Print the help or the version that *arguments* ask for, and say whether they do.

    Raises Failure where it cannot be printed.
    """
    if len(arguments) != 1 or arguments[0] not in _HELP + _VERSION:
        return False
    if arguments[0] in _VERSION:
        report.to_stdout(f"{program} (pgx-primecluster) {VERSION}")
    else:
        parts = (_ABOUT[program], _OPTIONS, _EXITS[program], _DEFAULT_HOME)
        report.to_stdout("".join(parts))
    return True


def wrong(program: str, arguments: list[str], options: tuple[str, ...] = ()) -> Failure:
    """Return what is wrong with *arguments*, of which *options* and one name are taken."""
    hint = f'Try "{program} --help" for more information.'
    names = []
    for at, word in enumerate(arguments):
        if word in _HELP + _VERSION:
            text = f"option {quoted(word)} cannot be used with anything else"
            return Failure(text, hint=hint)
        if word in options and word in arguments[:at]:
            return Failure(f"option {quoted(word)} given more than once", hint=hint)
        if word.startswith("-") and word not in options:
            return Failure(f"unrecognized option {quoted(word)}", hint=hint)
        if not word.startswith("-"):
            names.append(word)
    if not names:
        return Failure("no resource name given", hint=hint)
    return Failure(f"unexpected argument {quoted(names[1])}", hint=hint)
