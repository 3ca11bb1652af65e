"""Markup of a page: what is no markup is escaped, wherever it stands."""

from __future__ import annotations

import pytest

from pgx_base.page import whole
from pgx_base.page.markup import LONGEST, Markup, element, escaped, joined
from pgx_base.page.table import MOST, table
from tests.html import Page


def test_a_text_is_escaped_and_markup_is_not() -> None:
    inner = element("b", "<i>", title="\"&'")

    assert inner == '<b title="&quot;&amp;&#39;">&lt;i&gt;</b>'
    assert element("p", inner, "&") == f"<p>{inner}&amp;</p>"
    assert joined([inner, "<"], "<br>") == f"{inner}<br>&lt;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", r"a\x00b"),
        ("a\nb", r"a\nb"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\udc80", r"\udc80"),
        ("äあ", "äあ"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_code(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_an_endless_text_is_cut() -> None:
    assert len(escaped("x" * 10 * LONGEST)) == LONGEST + 3
    assert len(escaped(Markup("x" * 2 * LONGEST))) == 2 * LONGEST


def test_an_attribute_has_a_number_in_few_digits_and_none_is_left_out() -> None:
    made = element("rect", x=1.0, y=0.123456, class_=None, aria_label="a")

    assert made == '<rect x="1" y="0.12" aria-label="a"></rect>'


def test_a_table_that_is_too_long_says_what_it_leaves_out() -> None:
    made = Page(table(("n",), [(str(i),) for i in range(MOST + 5)]))

    assert made.elements["tr"] == MOST + 1
    assert "5 more rows are left out." in made.text
    assert " 4 " not in made.text
    assert " 5 " in made.text


def test_a_page_loads_and_runs_nothing() -> None:
    html = whole.page("<title>", [whole.section("a", "b")], "foot")

    assert "default-src &#39;none&#39;" in html
    assert "&lt;title&gt;" in html
    assert "url(" not in html.replace("url(#hatch)", "")
    assert "@import" not in html
    assert Page(html).elements["section"] == 1
