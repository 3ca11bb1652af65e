"""A page of HTML, read strictly: what is opened is closed, and nothing else is there."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_EMPTY = frozenset({"meta"})
# What a page of ours may be made of; nothing of it loads or runs anything.
_ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "footer", "section", "article",
    "h1", "h2", "h3", "p", "dl", "div", "dt", "dd", "ol", "ul", "li", "time", "table", "thead",
    "tbody", "tr", "th", "td", "b", "i", "br", "span", "details", "summary", "pre", "svg",
    "defs", "pattern", "path", "line", "rect", "text",
}  # fmt: skip


class Page(HTMLParser):
    """What is in a page; raises AssertionError for what may not be there."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.classes: Counter[tuple[str, str]] = Counter()
        self._texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        """All that is said in it."""
        return " ".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        assert tag in _ALLOWED, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in ("href", "src", "style", "xlink:href"), name
            if name == "class":
                self.classes[tag, value or ""] += 1
        self.elements[tag] += 1
        if tag not in _EMPTY and tag != "br":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends: the one that began last."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """A text."""
        if self._open and self._open[-1] != "style" and data.strip():
            self._texts.append(data)

    def handle_comment(self, data: str) -> None:
        """A comment: we write none."""
        raise AssertionError(data)
