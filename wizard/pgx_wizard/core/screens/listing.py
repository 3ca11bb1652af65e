"""The listing that `show` prints, as text and JSON, and the text read back.

Pure.  A header line a screen, one setting a line behind it, an empty line between two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pgx_wizard.core.application import LISTED, Application
from pgx_wizard.core.parts import basics
from pgx_wizard.core.parts.sub_application import SubApplication, listed_values
from pgx_wizard.core.screens.sections import INFERRED_TITLE, TURNKEY_TITLE, Section


class NoListing(Exception):
    """A text that is no listing of one application; *line* says where, from 1."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


_HEADER = re.compile(r"(?P<title>.+) \((?P<object>[^():\s]+):(?P<state>[a-z ]+)\)")
_SETTING = re.compile(r"(?P<key>[^=]+)=(?P<value>.*)")


def as_text(sections: Iterable[Section]) -> str:
    """Return the listing of *sections*."""
    return "\n".join(
        "".join(f"{line}\n" for line in (section.header, *_lines(section)))
        for section in sections
    )


def _lines(section: Section) -> Iterator[str]:
    return (f"{key}={value}" for key, value in section.settings)


def as_json(sections: Iterable[Section]) -> str:
    """Return the listing as a JSON array, one object a screen."""
    import json  # the text form does without

    objects = [
        {
            "title": section.title,
            "object": section.object or None,
            "consistent": section.state == "consistent" if section.state else None,
            "inferred": section.inferred,
            "settings": dict(section.settings),
        }
        for section in sections
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"


def parse(text: str) -> list[Section]:
    """Return the sections of a listing.  Raises NoListing."""
    found: list[tuple[Section, list[tuple[str, str]]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if (header := _header(line)) is not None:
            found.append((header, []))
        elif found and (match := _SETTING.fullmatch(line)):
            found[-1][1].append((match["key"], match["value"]))
        else:
            raise NoListing("neither a screen's title nor a setting", number)
    return [_with(section, settings) for section, settings in found]


def _header(line: str) -> Section | None:
    if line.endswith(f" {INFERRED_TITLE}"):
        title = line.removesuffix(f" {INFERRED_TITLE}")
        return Section(title, "", "", (), inferred=True)
    match = _HEADER.fullmatch(line)
    return (
        Section(match["title"], match["object"], match["state"], ()) if match else None
    )


def _with(section: Section, settings: list[tuple[str, str]]) -> Section:
    return Section(
        section.title, section.object, section.state, tuple(settings), section.inferred
    )


def application(sections: list[Section]) -> Application:
    """Return the application that *sections* list, without what hvw does not hold.

    Raises NoListing.
    """
    by_title = {section.title: section for section in sections}
    needed = {TURNKEY_TITLE, basics.LABEL}
    if len(by_title) != len(sections) or not needed <= by_title.keys():
        raise NoListing("not the listing of one application")
    parts: dict[str, object] = {}
    for section in sections:
        read = _READERS.get(section.title)
        if read is None:
            raise NoListing(f'screen "{section.title}" is not known')
        parts |= _checked(read, section)
    return Application(**parts)  # type: ignore[arg-type]


def _checked(read: Reader, section: Section) -> dict[str, object]:
    try:
        return read(section)
    except (KeyError, ValueError, IndexError) as ex:
        raise NoListing(
            f'screen "{section.title}" is not as hvw draws it: {ex}'
        ) from ex


def _turnkey(section: Section) -> dict[str, object]:
    return {"name": dict(section.settings)["ApplicationName"]}


def _basics(section: Section) -> dict[str, object]:
    held = dict(section.settings)
    attributes = {key: held[key] for key in basics.BASICS}
    machines = listed_values(section.settings, "Machines")
    return {"machines": machines, "basics": attributes}


Reader = Callable[[Section], dict[str, object]]


def _part(model: type[SubApplication]) -> Reader:
    return lambda section: {model.declared_as: model.read(section.settings)}


_READERS: dict[str, Reader] = {
    TURNKEY_TITLE: _turnkey,
    basics.LABEL: _basics,
    **{model.title: _part(model) for model in LISTED},
}
