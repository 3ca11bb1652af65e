"""At hvw's menus: what is drawn now, and choosing from it by label.

Pure.  A road is a generator: it yields what is to be typed, and is sent the screen that
comes of it.  Whatever it does not understand it raises as Stop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeVar

from pgx_base.failure import Failure
from pgx_wizard.core.screens.screen import Item, Menu, Screen
from pgx_wizard.core.screens.trouble import troubled

T = TypeVar("T")
PAGES = 1000  # no list is longer; a menu whose NEXT leads nowhere is left


@dataclass(frozen=True, slots=True)
class Keys:
    """What is typed, with Return behind it, and what it means."""

    text: str
    meaning: str


Road = Generator[Keys, Screen, T]


class Stop(Failure):
    """A reason to go no further; the menu where it was found stands in the primary line."""


@dataclass
class Hand:
    """One run of hvw: the screen that is drawn, and what was done so far."""

    screen: Screen
    note: Callable[[str], None] = lambda _: None
    typed: list[Keys] = field(default_factory=list)

    def stop(self, why: str, *, detail: str = "", hint: str = "") -> Stop:
        """Return the reason *why*, with the menu that is drawn."""
        return Stop(f"stopped at {self.screen.name}: {why}", detail=detail, hint=hint)

    def enter(self, text: str, meaning: str) -> Road[Screen]:
        """Type *text*."""
        keys = Keys(text, meaning)
        self.typed.append(keys)
        self.screen = yield keys
        return self.screen

    def choose(self, label: str, *, starts: bool = False) -> Road[Screen]:
        """Choose the item *label*, or the one that it begins.  Raises Stop without one."""
        item = yield from self.find(label, starts=starts)
        if item is None:
            offered = f"It offers {', '.join(self.screen.labels)}."
            raise self.stop(f"no item {label}", detail=offered)
        return (yield from self.enter(item.number, item.label))

    def find(self, label: str, *, starts: bool = False) -> Road[Item | None]:
        """Return the item *label* of this list, following its pages."""
        item = self.here(label, starts=starts)
        began_in_the_middle = self.here("PREVIOUS") is not None
        item = item or (yield from self._walk("NEXT", label, starts))
        if item is None and began_in_the_middle:
            item = yield from self._walk("PREVIOUS", label, starts)
        return item

    def here(self, label: str, *, starts: bool = False) -> Item | None:
        """Return the item *label* of the page that is drawn."""
        for item in self.screen.items:
            if item.label == label or (starts and item.label.startswith(label)):
                return item
        return None

    def _walk(self, way: str, label: str, starts: bool) -> Road[Item | None]:
        for _ in range(PAGES):
            turn = self.here(way)
            if turn is None:
                return None
            yield from self.turn(turn)
            if item := self.here(label, starts=starts):
                return item
        raise self.stop(f"more than {PAGES} pages")

    def turn(self, item: Item) -> Road[None]:
        """Go to the page that *item*, NEXT or PREVIOUS, leads to."""
        before = self.screen
        yield from self.enter(item.number, item.label)
        self.quiet()
        if self.screen.menu != before.menu or self.screen.items == before.items:
            raise self.stop(f"{item.label} did not turn the page")

    def settings(self) -> Road[dict[str, str]]:
        """Return all settings of this menu, from its first page to its last."""
        for _ in range(PAGES):
            if (back := self.here("PREVIOUS")) is None:
                break
            yield from self.turn(back)
        held = self._page()
        for _ in range(PAGES):
            if (on := self.here("NEXT")) is None:
                return held
            yield from self.turn(on)
            held |= self._page()
        raise self.stop(f"more than {PAGES} pages")

    def _page(self) -> dict[str, str]:
        return dict(item.setting for item in self.screen.items if "=" in item.label)

    def quiet(self) -> None:
        """Raise Stop where the screen says more than its menu."""
        # Before `>>` stands the question, which is not known.
        asks = self.screen.menu is Menu.TEXT and not troubled(self.screen.said)
        if self.screen.said and not asks:
            said = " / ".join(self.screen.said)
            raise self.stop("hvw says something", detail=f"hvw: {said}")

    def expect(self, *menus: Menu) -> Screen:
        """Return the screen if it is one of *menus*, and says nothing else.  Raises Stop."""
        if self.screen.menu not in menus:
            wanted = " or ".join(menu.value for menu in menus)
            detail = f"It is {self.screen.menu.value}, not {wanted}."
            raise self.stop("not the menu that should come", detail=detail)
        self.quiet()
        return self.screen
