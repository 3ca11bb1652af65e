"""docs/messages.md says for each command in which of its sections its messages stand."""

from __future__ import annotations

import re

from tests.unit.import_graph import ROOT, graph, module_name, packages, sources
from tests.unit.messages_in_code import all_primaries
from tools.commands import COMMANDS
from tools.man import messages

_DOCUMENT = (ROOT / "docs" / "messages.md").read_text()


def _anchor(title: str) -> str:
    """Return where a link to the heading *title* leads, as GitHub makes it."""
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


def _sections() -> dict[str, str]:
    """Return the section, by its anchor, of each message."""
    found, anchor = {}, ""
    for line in _DOCUMENT.splitlines():
        if line.startswith("## "):
            anchor = _anchor(line[3:])
        elif row := re.match(r"\| `([^`]+)` \|", line):
            found[row[1]] = anchor
    return found


def _told() -> dict[str, list[str]]:
    """Return the sections that the table at the top names for each command."""
    rows = re.findall(r"(?m)^\| ([^`|]+) \| (\[.*) \|$", _DOCUMENT)
    return {
        command: re.findall(r"\]\(#([^)]+)\)", links)
        for commands, links in rows
        for command in commands.split(", ")
    }


def _reached(edges: dict[str, set[str]], module: str) -> set[str]:
    """Return the modules that *module* imports, directly or not, at once or late."""
    seen, todo = {module}, [module]
    while todo:
        new = edges.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


def _sections_of_modules() -> list[tuple[str, str]]:
    """Return module and section of each message that one entry alone fits."""
    sections, found = _sections(), []
    for place, pattern in all_primaries():
        fitting = [entry for entry in sections if re.fullmatch(pattern, entry)]
        if len(fitting) == 1:
            module = module_name(ROOT / place.rpartition(":")[0])
            found.append((module, sections[fitting[0]]))
    return found


def test_the_table_names_each_section_with_messages_of_a_command() -> None:
    """By what the command can import; a text that several entries fit tells nothing."""
    edges, told = graph(sources(*packages())), _told()
    by_module = _sections_of_modules()
    missing = {}
    for command, entry_point in COMMANDS.items():
        reached = _reached(edges, entry_point.partition(":")[0])
        wanted = {section for module, section in by_module if module in reached}
        missing[command] = wanted - set(told[command])

    assert missing and not any(missing.values()), missing


def test_the_table_leads_to_sections_that_are_there() -> None:
    anchors = {_anchor(title) for title in re.findall(r"(?m)^## (.+)$", _DOCUMENT)}

    assert {link for links in _told().values() for link in links} == anchors


def test_the_man_page_has_every_message_with_cause_and_action() -> None:
    page = messages.page(_DOCUMENT, "0", "2026-11-29")
    plain = re.sub(r"\\f[BR]|\\&", "", page).replace("\\-", "-").replace("\\(aq", "'")
    plain = plain.replace("\\(rs", "\\").replace("\\(ha", "^").replace("\\(ti", "~")
    words = " ".join(plain.split())
    rows = [
        cell.strip().replace("`", "")
        for line in _DOCUMENT.splitlines()
        if re.match(r"\| (`|PGX|MCA)", line)
        for cell in re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", line).strip("|").split("|")
    ]

    assert len(rows) > 1500
    # Only a line's break stands between the words of a cell.
    assert [cell for cell in rows if " ".join(cell.split()) not in words] == []
