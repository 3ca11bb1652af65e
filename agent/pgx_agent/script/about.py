"""What the scripts print for --help.

Loaded only where it is asked for, so it costs no Check and no switch anything.
"""

from __future__ import annotations

_ABOUT = {
    "pgx_online": """\
pgx_online brings the PostgreSQL instance of a resource Online, and monitors it.

Usage:
  pgx_online [--break-guard | --dry-run] NAME

NAME is the resource's, as pgx_pclrsc -p lists it.

Options:
      --break-guard         start although the data directory is in use elsewhere: only
                            when no server runs on it anywhere
      --dry-run             say what would be done, and do nothing; exit 1 where it would
                            be refused
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
Environment:
  PGX_PCLRSC_HOME           directory of the registry (default: /etc/opt/pgx_pclrsc)
"""


def text(program: str) -> str:
    """Return the help of *program*."""
    return _ABOUT[program] + _OPTIONS + _EXITS[program] + _DEFAULT_HOME
