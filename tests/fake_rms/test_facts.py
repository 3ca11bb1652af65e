"""The table of facts: nothing in the code without a row, no row without code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from fixtures.fake_rms import facts, shown_facts
from fixtures.fake_rms.facts import FACTS, Knobs

_MENTION = re.compile(r"Facts?: ([a-z0-9-]+(?:, [a-z0-9-]+)*)")
SOURCES = Path(facts.__file__).parent


def mentioned() -> set[str]:
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        if path.name != "facts.py":
            for listed in _MENTION.findall(path.read_text()):
                found |= set(listed.split(", "))
    return found


def test_every_rule_in_the_code_names_a_row() -> None:
    assert mentioned() - {fact.key for fact in FACTS} == set()


def test_every_row_is_some_code() -> None:
    assert {fact.key for fact in FACTS} - mentioned() == set()


def test_every_knob_belongs_to_one_fact() -> None:
    knobs = [fact.knob for fact in FACTS if fact.knob]
    assert sorted(knobs) == sorted(each.name for each in fields(Knobs))


def test_each_row_has_a_name_of_its_own() -> None:
    assert len({fact.key for fact in FACTS}) == len(FACTS)


def test_what_was_read_names_its_source() -> None:
    assert [
        fact.key for fact in FACTS if fact.grade == "read" and not fact.source
    ] == []


def test_the_listing_has_what_was_not_read_and_every_knob() -> None:
    text = "\n".join(shown_facts.listing(Knobs()))
    for fact in FACTS:
        assert (fact.key in text) or (fact.grade == "read" and not fact.knob)
        assert not fact.knob or f"{fact.knob} = {getattr(Knobs(), fact.knob)}" in text


def test_a_knob_takes_its_words_only() -> None:
    assert facts.parse_knob("kill", "term") == "term"
    assert facts.parse_knob("connect_timeout", "3") == 3.0
    for name, text in (("kill", "softly"), ("nothing", "1"), ("connect_timeout", "x")):
        with pytest.raises(ValueError):
            facts.parse_knob(name, text)
