"""An application as hvw's screens list it: sections of settings, in hvw's order.

Pure.  A printed form that no manual shows is put between `<` and `>`: the words are
hvw's, the way in which it joins them is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_wizard.core.application import LISTED, Application
from pgx_wizard.core.parts import basics
from pgx_wizard.core.parts.setting import indexed
from pgx_wizard.core.parts.sub_application import SubApplication
from pgx_wizard.core.screens.vocabulary import CONSISTENT, NOT_CONSISTENT

TURNKEY_TITLE = 'Settings of turnkey wizard "STANDBY"'
INFERRED_TITLE = "(inferred)"


@dataclass(frozen=True, slots=True)
class Section:
    """One screen's settings.  An *inferred* screen has neither object nor state."""

    title: str
    object: str
    state: str
    settings: tuple[tuple[str, str], ...]
    inferred: bool = False

    @property
    def header(self) -> str:
        """The screen's title line."""
        if self.inferred:
            return f"{self.title} {INFERRED_TITLE}"
        return f"{self.title} ({self.object}:{self.state})"


def sections(app: Application) -> list[Section]:
    """Return the settings of *app*: the turnkey menu, then its items from the top."""
    parts = app.parts(LISTED)
    state = CONSISTENT if parts else NOT_CONSISTENT
    name = (("ApplicationName", app.name),)
    turnkey = Section(TURNKEY_TITLE, app.name, state, name)
    return [turnkey, _basics(app), *(_part(app, part) for part in parts)]


def _basics(app: Application) -> Section:
    settings = [*indexed("Machines", app.machines)]
    settings += [(key, app.basics[key]) for key in basics.BASICS]
    return Section(basics.LABEL, app.name.lower(), CONSISTENT, tuple(settings))


def _part(app: Application, part: SubApplication) -> Section:
    settings = tuple(part.listing())
    if part.inferred:
        return Section(part.title, "", "", settings, inferred=True)
    state = CONSISTENT if part.entries else NOT_CONSISTENT
    return Section(part.title, f"{part.prefix}_{app.name}", state, settings)
