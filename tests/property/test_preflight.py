"""The preflight on any facts: it always says something, and facts survive JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_pclrsc.preflight.core import plain
from pgx_pclrsc.preflight.core import settings as conf
from pgx_pclrsc.preflight.core.facts import Facts
from pgx_pclrsc.preflight.core.rows import table
from tests.preflight_facts import SOUND
from tests.preflight_facts import conf as made

ANY_FACTS = st.from_type(Facts)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=15)
@given(ANY_FACTS)
def test_every_row_has_a_line_whatever_was_seen(facts: Facts) -> None:
    report = table.judge(facts)

    assert {line.id for line in report.lines} == {row.id for row in table.ROWS}
    shown = table.as_text(report).splitlines()
    hints = sum(bool(line.verdict.hint) for line in report.lines)
    assert len(shown) == len(report.lines) + hints + 1


@settings(max_examples=15)
@given(ANY_FACTS)
def test_facts_survive_json(facts: Facts) -> None:
    text = json.dumps(plain.encode(facts))

    assert plain.decode(Facts, json.loads(text)) == facts


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keyed: dict[Any, Any] = {}
    if isinstance(value, dict | list):
        keyed = value if isinstance(value, dict) else dict(enumerate(value))
    below = (p for key, one in keyed.items() for p in _places(one, (*path, key)))
    return [path, *below]


PLACES = _places(plain.encode(SOUND))


@settings(max_examples=100)
@given(st.sampled_from(PLACES), JSON)
def test_facts_that_somebody_has_changed_are_facts_or_refused(
    place: tuple[Any, ...], put: Any
) -> None:
    told = {"": plain.encode(SOUND)}
    at: Any = told
    for key in ("", *place)[:-1]:
        at = at[key]
    at[("", *place)[-1]] = put
    try:
        facts = plain.decode(Facts, told[""])
    except ValueError as ex:
        assert str(ex).startswith("facts")
    else:
        assert table.judge(facts).lines


@given(st.text())
def test_any_text_of_a_setting_has_a_meaning(text: str) -> None:
    conf.is_on(text)
    conf.kilobytes(text, 8)
    conf.without_secrets("archive_command", text)
    assert conf.words(text) == [w for w in conf.words(text) if w]


@pytest.mark.parametrize(
    ("command", "want"),
    [
        ("cp %p /backup/archive/%f", "/backup/archive"),
        ("test ! -f '/b/a/%f' && cp %p '/b/a/%f'", "/b/a"),
        ("curl -u me:secret https://host/x/%f", "//host/x"),
        ("wal-push %p", ""),
    ],
)
def test_an_archive_command_tells_its_directory_and_no_secret(
    command: str, want: str
) -> None:
    kept = conf.without_secrets("archive_command", command)

    assert conf.archive_directory(made(archive_command=kept)) == want
    assert "secret" not in kept
