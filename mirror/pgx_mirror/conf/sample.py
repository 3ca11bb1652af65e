"""The samples of serverIdentifier.conf and arbitration.conf, and the document's table.  Pure.

`python -m tools.mirror_conf` writes the one and prints the other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from pgx_mirror.conf import arbitration, rows
from pgx_mirror.conf.kinds import Text
from pgx_mirror.conf.parameters import NEWER, OURS, Parameter

_SOURCE = {NEWER: "newer manuals", OURS: "ours"}
_EXAMPLES = {
    "db_instance": "/database1/inst1",
    "port": "26541",
    "my_address": "192.0.3.120",
    "heartbeat_error_action": "arbitration",
}
_SERVER = """\
Sample of a Mirroring Controller's server configuration file, serverIdentifier.conf.

Copy it into the management directory, under the server's identifier in network.conf
with ".conf" behind it, and let nobody but the instance administrator read it: mode
0600 or 0400.
A text stands in single quotation marks; \\' is one within it, and \\\\ is a backslash.
What is commented out has the value that is shown, or none where it is ''."""
_ARBITRATION = """\
Sample of the arbiter's configuration file: arbitration.conf.

Copy it into the management directory of mc_arb, beside network.conf and secret, and
let nobody but the user who runs mc_arb read it: mode 0600 or 0400.
What is commented out has the value that is shown, or none where it is ''."""


def server() -> str:
    """Return mc_server.conf.sample."""
    return _sample(_SERVER, rows.TABLE)


def arbiter() -> str:
    """Return mc_arbitration.conf.sample."""
    return _sample(_ARBITRATION, arbitration.TABLE)


def _sample(head: str, table: Mapping[str, Parameter]) -> str:
    blocks = [_commented(head)]
    blocks += [
        f"{_commented(_told(row))}\n{'' if row.required else '#'}{_line(row, table)}"
        for row in table.values()
    ]
    return "\n\n".join(blocks) + "\n"


def _commented(text: str) -> str:
    wrapped = (textwrap.wrap(line, 86) or [""] for line in text.splitlines())
    return "\n".join(f"# {line}".rstrip() for lines in wrapped for line in lines)


def _told(row: Parameter) -> str:
    parts = [row.about, row.kind.expected]
    parts += [f"Where it is not given, it is as {row.like}."] if row.like else []
    parts += (
        ["It has no default: what is shown is an example."] if _example(row) else []
    )
    parts += ["It has no effect in this release."] if row.later else []
    parts += [f"({_SOURCE[row.origin]})"] if row.origin in _SOURCE else []
    return " ".join(parts)


def _example(row: Parameter) -> bool:
    return row.name in _EXAMPLES and not row.required


def _line(row: Parameter, table: Mapping[str, Parameter]) -> str:
    value = _default(row, table) or _EXAMPLES.get(row.name, "")
    return (
        f"{row.name} = '{value}'"
        if isinstance(row.kind, Text)
        else f"{row.name} = {value}"
    )


def _default(row: Parameter, table: Mapping[str, Parameter]) -> str:
    return table[row.like].default if row.like else row.default


def document(table: Mapping[str, Parameter]) -> list[str]:
    """Return *table* as the lines of a table in docs/pair.md."""
    head = ["| parameter | range | default | from | meaning |", "| --- " * 5 + "|"]
    return head + [_documented(row, table) for row in table.values()]


def _documented(row: Parameter, table: Mapping[str, Parameter]) -> str:
    default = "required" if row.required else _default(row, table) or "none"
    if row.like:
        default = f"as {row.like}"
    about = row.about + (" *No effect yet.*" if row.later else "")
    expected = row.kind.expected.removeprefix("It is ").rstrip(".")
    return f"| `{row.name}` | {expected} | {default} | {row.origin} | {about} |"
