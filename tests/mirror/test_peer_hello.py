"""What differs between the two servers is found, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.peer.hello import ERROR, WARNING, Difference, Hello, differences

MINE = Hello(
    "server1",
    "first",
    ("server1 server 192.0.2.1 26540", "server2 server 192.0.2.2 26540"),
    {"system identifier": "7000", "major version": "15", "block size": "8192"},
    clock=1000.0,
)
_LINES = st.lists(st.sampled_from("abcd"), unique=True).map(tuple)
_FACTS = st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12"))
_HELLOS = st.builds(
    Hello,
    server=st.just("s"),
    incarnation=st.just("i"),
    network=_LINES,
    facts=_FACTS,
    clock=st.floats(0, 5),
)


def test_two_that_agree_have_no_differences() -> None:
    theirs = replace(MINE, server="server2", incarnation="second", clock=1000.9)

    assert differences(MINE, theirs) == []


def test_a_line_of_network_conf_is_named_as_each_has_it() -> None:
    other = "server2 server 192.0.2.3 26540"
    theirs = replace(MINE, network=(MINE.network[0], other))

    assert differences(MINE, theirs) == [
        Difference(ERROR, "network.conf", MINE.network[1], other)
    ]


def test_a_line_that_only_one_has_is_named() -> None:
    more = replace(MINE, network=(*MINE.network, "arbiter"))

    assert differences(MINE, more) == [Difference(ERROR, "network.conf", "", "arbiter")]
    assert differences(more, MINE) == [Difference(ERROR, "network.conf", "arbiter", "")]


def test_each_fact_that_differs_is_an_error() -> None:
    theirs = replace(MINE, facts={"system identifier": "7001", "block size": "4096"})

    assert differences(MINE, theirs) == [
        Difference(ERROR, "system identifier", "7000", "7001"),
        Difference(ERROR, "block size", "8192", "4096"),
    ]


@pytest.mark.parametrize(
    ("clock", "unsure", "said"),
    [
        (1001.0, 0.0, None), (1001.2, 0.0, "+1.2"), (999.0, 0.0, None),
        (998.7, 0.0, "-1.3"), (998.7, 0.2, "-1.1"), (998.7, 0.4, None),
        (940.0, 60.0, None), (940.0, 50.0, "-10.0"), (1010.0, 60.0, "+10.0"),
    ],
)  # fmt: skip
def test_clocks_are_compared_as_far_as_it_is_known(
    clock: float, unsure: float, said: str | None
) -> None:
    """A hello that lay in a buffer while this process was stopped says nothing wrong."""
    theirs = replace(MINE, clock=clock)
    wanted = [] if said is None else [Difference(WARNING, "clock", "0.0", said)]

    assert differences(MINE, theirs, unsure) == wanted


@given(_HELLOS, _HELLOS)
def test_both_sides_see_the_same(one: Hello, other: Hello) -> None:
    here = {(d.what, d.mine, d.theirs) for d in differences(one, other)}
    there = {(d.what, d.theirs, d.mine) for d in differences(other, one)}
    clock = {"clock"}

    # Lines that differ are paired in each side's own order.
    lines = {line for what, *pair in here if what == "network.conf" for line in pair}
    others = {line for what, *pair in there if what == "network.conf" for line in pair}
    assert lines == others
    assert {d for d in here if d[0] in "xyz"} == {d for d in there if d[0] in "xyz"}
    assert ({d[0] for d in here} & clock) == ({d[0] for d in there} & clock)


@given(_HELLOS, _HELLOS)
def test_nothing_differs_where_all_is_the_same(one: Hello, other: Hello) -> None:
    same = set(one.network) == set(other.network) and all(
        other.facts.get(what, value) == value for what, value in one.facts.items()
    )

    found = [d for d in differences(one, other) if d.what != "clock"]

    assert (found == []) == same
