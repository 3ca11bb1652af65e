"""Definitions come out of a file as they went in, and no text does but that or be refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_pclrsc.core import carried, codec, live
from pgx_pclrsc.core.definition import ResourceDefinition
from tests.property.test_pclrsc_codec import DEFINITIONS

SOUND = DEFINITIONS.filter(lambda found: not found.check())
SEVERAL = st.lists(SOUND, max_size=3, unique_by=lambda found: found.name)


@given(SEVERAL, st.text(max_size=5))
def test_definitions_survive_the_file(
    wanted: list[ResourceDefinition], version: str
) -> None:
    found, faults = carried.read(carried.written(wanted, version), version)
    shared = [one for one in faults if "is that of resource" in one.primary]
    assert bool(wanted) == (len(faults) == len(shared))
    for one, was in zip(found, wanted, strict=True):
        assert one.problems == ()
        assert one.values == codec.settings(was) | {"nodes": was.nodes}
        assert one.ids == {"uid": was.uid, "gid": was.gid}


@given(st.text() | st.from_regex(r"(export-version|\[[a-z]+\]|[a-z]+) ?= ?.{0,20}\n"))
def test_any_text_is_read_or_refused(text: str) -> None:
    found, faults = carried.read(text, "1")
    assert faults or found


@given(SOUND, SOUND)
def test_what_a_monitor_goes_by_is_known_from_the_word_in_the_record(
    one: ResourceDefinition, other: ResourceDefinition
) -> None:
    taken = live.under(other, live.word(one))
    assert taken is not None
    for key in ResourceDefinition.__slots__:
        has_it = one if key in live.KEYS else other
        assert getattr(taken, key) == getattr(has_it, key)
    assert len(live.word(one).split()) == 1


@given(SOUND, st.text() | st.from_regex(r"[0-9,]{0,12},(fault|warn)", fullmatch=True))
def test_a_word_that_is_none_changes_nothing(
    definition: ResourceDefinition, text: str
) -> None:
    taken = live.under(definition, text)
    assert taken is None or not taken.check()
