"""The page as a whole.  Pure.

It loads nothing and runs nothing, and says so to the browser: whatever was not escaped
would still do no harm.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgx_base.page.markup import Content, Markup, element, joined
from pgx_base.page.style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, content: Iterable[Content], foot: str) -> str:
    """Return a whole page with *content*, and *foot* below it."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    main = element("main", element("h1", title), *content)
    body = element("body", main, element("footer", foot))
    html = element("html", head, body, lang="en")
    return f"<!DOCTYPE html>\n{html}\n"


def section(title: str, *content: Content) -> Markup:
    """Return a section of a page."""
    return element("section", element("h2", title), *content)


def steps(told: Iterable[tuple[str, Content]]) -> Markup:
    """Return what happened, each with its time before it."""
    return element(
        "ol", *(element("li", element("time", at), " ", what) for at, what in told)
    )


def folded(summary: str, lines: Iterable[str]) -> Markup:
    """Return *lines* as they are, to be unfolded; a printed page has them unfolded."""
    text = element("pre", joined(lines, "\n"))
    return element("details", element("summary", summary), text)
