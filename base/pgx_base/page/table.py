"""Tables, no longer than can be read.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pgx_base.page.markup import Content, Markup, element, joined

MOST = 400  # rows

Row = Sequence[Content]


def table(head: Sequence[str], rows: Sequence[Row], *, keep: str = "last") -> Markup:
    """Return *rows* under *head*; of too many the `last` or the `first` are kept, as said."""
    shown = rows[-MOST:] if keep == "last" else rows[:MOST]
    body = [element("tr", *(element("td", cell) for cell in row)) for row in shown]
    top = element("tr", *(element("th", cell, scope="col") for cell in head))
    whole = element("table", element("thead", top), element("tbody", *body))
    left_out = len(rows) - len(shown)
    parts = [element("div", whole, class_="wide")]
    if left_out:
        parts.append(element("p", f"{left_out} more rows are left out.", class_="note"))
    return joined(parts)


def facts(pairs: Sequence[tuple[str, Content]]) -> Markup:
    """Return names with what they are."""
    rows = [
        element("div", element("dt", name), element("dd", what)) for name, what in pairs
    ]
    return element("dl", *rows)
