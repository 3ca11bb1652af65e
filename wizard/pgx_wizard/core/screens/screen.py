"""What hvw has drawn: a screen read from its text.

Pure.  Items are found by their label: numbers, columns and pages are taken as they come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

# Terminal control: colours, cursor movements, titles.
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]|\x1b[=>78cM]"
)
_ITEM_LINE = re.compile(r"\s*\d+\)(\s|$)")
_ITEM = re.compile(r"(?:^|\s)(\d+)\)\s+(.*?)(?=\s+\d+\)\s|\s*$)")
# The prompts that the manual shows; another one is believed after a pause.
KNOWN_PROMPTS = frozenset(
    {
        "Choose an action:",
        "Application Type:",
        "Application Name:",
        "Choose the setting to process:",
        "Choose a machine for this application:",
        "Set the AutoStartUp mode:",
        "Enable persistent fault feature for this application:",
        "Enable Online Priority (Active Standby) feature for this application:",
        "Set the Halt mode:",
        "Choose one of the flags:",
        "Choose additionally one of the flags:",
        "Choose the disk class:",
        "Choose the resource:",
        "Choose a takeover IP address for Gls:",
        "Choose a mount point:",
    }
)
# Spellings that the manual itself prints beside the usual ones.
_VARIANTS = (
    (re.compile(r"^FRECHOICE$"), "FREECHOICE"),
    (re.compile(r"^Application-Creat$"), "Application-Create"),
    (re.compile(r"^GIs:"), "Gls:"),
    (re.compile(r"^LocalFileSystem\("), "LocalFileSystems("),
    (re.compile(r"^NOSAVE\+EXIT$"), "NO-SAVE+EXIT"),  # RMS guide 4.6, 3.3.1
    (re.compile(r"^NOT:\s+"), "NOT:"),
)
_OBJECT = re.compile(
    r"(?P<title>.+?) \((?P<object>[^():\s]+):(?P<state>consistent|not yet consistent)\)"
)
_MAIN = re.compile(
    r"(?P<host>\S+): Main configuration menu, current configuration: (?P<configuration>\S+)"
)


class Menu(Enum):
    """Which of hvw's menus a screen is."""

    MAIN = "the main menu"
    TYPES = "the menu of application types"
    SELECTION = "the menu of applications"
    TURNKEY = "the application's menu"
    SETTINGS = "a menu of settings"
    FLAGS = "a menu of flags"
    CHOICE = "a list to choose from"
    TEXT = "a prompt for a text"
    UNKNOWN = "a screen that is not known"


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered item; *label* is spelled as usual, without the parentheses of options."""

    number: str
    label: str

    @property
    def setting(self) -> tuple[str, str]:
        """Key and value of `Key=value`."""
        key, _, value = self.label.partition("=")
        return key, value


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen; *said* is what stands on it that belongs to no menu."""

    menu: Menu
    title: str
    items: tuple[Item, ...]
    prompt: str
    said: tuple[str, ...] = ()
    object: str = ""
    state: str = ""
    status: tuple[str, ...] = ()  # of the main menu: its lines behind the title

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, in the order of the items' numbers."""
        return tuple(item.label for item in self.items)

    @property
    def name(self) -> str:
        """What a person calls this menu."""
        return self.title.rstrip(":") or self.prompt.rstrip(":") or self.menu.value


def plain(text: str) -> str:
    """Return *text* without terminal control and with newlines alone."""
    return (
        _CONTROL.sub("", text)
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\f", "\n")
    )


def prompt_of(text: str) -> str:
    """Return the prompt that *text* ends with, "" where hvw is still drawing."""
    body, _, last = text.rpartition("\n")
    last = last.strip()
    if last.endswith(">>"):
        return last
    if not last.endswith(":") or _ITEM_LINE.match(last):
        return ""
    # "Currently set:" ends a header: a prompt stands behind items.
    return last if any(map(_ITEM_LINE.match, body.splitlines())) else ""


def parse(text: str, typed: str = "") -> Screen:
    """Return the screen that *text*, printed since *typed* was typed, draws."""
    lines = [line.strip() for line in text.split("\n")]
    if typed and lines and lines[0] == typed.strip():
        lines = lines[1:]
    prompt = lines.pop() if lines else ""
    drawn = [line for line in lines if _ITEM_LINE.match(line)]
    header = [line for line in lines if line and not _ITEM_LINE.match(line)]
    if prompt.endswith(">>"):
        return Screen(Menu.TEXT, "", (), prompt, tuple(filter(None, lines)))
    return _of_menu(header, _items(drawn), prompt)


def _items(lines: Iterable[str]) -> tuple[Item, ...]:
    found = [pair for line in lines for pair in _ITEM.findall(line)]
    return tuple(
        Item(number, _label(text))
        for number, text in sorted(found, key=lambda p: int(p[0]))
    )


def _label(text: str) -> str:
    label = text.strip()
    if label.startswith("(") and label.endswith(")"):
        label = label[1:-1]
    for variant, usual in _VARIANTS:
        label = variant.sub(usual, label)
    return label


def _of_menu(header: list[str], items: tuple[Item, ...], prompt: str) -> Screen:
    for at, line in enumerate(header):
        if (screen := _titled(header, at, line, items, prompt)) is not None:
            return screen
    menu = Menu.CHOICE if _is_choice(items) else Menu.UNKNOWN
    return Screen(menu, "", items, prompt, tuple(header))


def _is_choice(items: tuple[Item, ...]) -> bool:
    return any(item.label == "RETURN" for item in items)


def _titled(
    header: list[str], at: int, line: str, items: tuple[Item, ...], prompt: str
) -> Screen | None:
    """Return the screen, if *line* of its *header* is a title that is known."""
    before, behind = tuple(header[:at]), tuple(header[at + 1 :])
    if match := _MAIN.fullmatch(line):
        return Screen(
            Menu.MAIN,
            line,
            items,
            prompt,
            before,
            match["host"],
            match["configuration"],
            behind,
        )
    if line.startswith(("Set flags for", "Set a flag for")):
        return Screen(Menu.FLAGS, " ".join([line, *behind]), items, prompt, before)
    said = before + behind
    if line.startswith("Creation: Application type selection menu"):
        return Screen(Menu.TYPES, line, items, prompt, said)
    if line.startswith("Edit: Application selection menu"):
        return Screen(Menu.SELECTION, line, items, prompt, said)
    if match := _OBJECT.fullmatch(line):
        turnkey = match["title"].startswith("Settings of turnkey wizard")
        menu = Menu.TURNKEY if turnkey else Menu.SETTINGS
        return Screen(
            menu, match["title"], items, prompt, said, match["object"], match["state"]
        )
    return None
