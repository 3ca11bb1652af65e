"""Hints: each reason has one, and a command that one names is accepted in that state."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pgx_mirror.controller import differing, view
from pgx_mirror.core.deciding import refusals
from pgx_mirror.core.deciding.wishes import refusal
from pgx_mirror.core.facts import DETACH, REST, RUN, SWITCH, Facts, Force
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import NOT_SWITCHABLE, Reason
from pgx_mirror.core.status.ways_out import way_out
from pgx_mirror.peer.hello import ERROR, Difference
from pgx_mirror.setup import refusals as of_setup
from tests.mirror import walk_world, walks
from tests.mirror.test_core_wishes import formed, marked
from tests.mirror.walk import Walk
from tests.unit.import_graph import ROOT

CORE = ROOT / "mirror" / "pgx_mirror" / "core"
# Functions whose texts are reasons of mc_ctl status.
SPEAKERS = {
    CORE / "known" / "joining.py": ("hindrance", "why_not"),
    CORE / "known" / "versions.py": ("too_old",),
    CORE / "known" / "standby.py": ("unable", "_too_small", "_strayed"),
    CORE.parent / "database" / "answers.py": ("_unable",),
}
NAMED = re.compile(r"mc_ctl ([a-z-]+)((?: --[a-z-]+)*)")


def test_what_both_do_not_have_in_common_has_a_way_out() -> None:
    differences = [
        Difference(ERROR, what, "1", "2")
        for what in (
            differing.NETWORK,
            differing.SYSTEM,
            differing.MAJOR,
            differing.BLOCKS,
            differing.WAL_BLOCKS,
        )
    ]
    found = differing.hindrances(differences)

    assert len(found) == 5
    assert all(way_out(why, "nd2") for why in found)


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    found = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    return {one.name: one for one in found}


def texts(function: ast.FunctionDef) -> Iterator[str]:
    """Yield each text of *function* but for its docstring; what is put in is ``X``."""
    inside = {
        id(part)
        for one in ast.walk(function)
        if isinstance(one, ast.JoinedStr)
        for part in one.values
    }
    for one in ast.walk(function):
        if isinstance(one, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X"
                for part in one.values
            )
        elif isinstance(one, ast.Constant) and id(one) not in inside:
            text = one.value
            if isinstance(text, str) and " " in text and not text[0].isupper():
                yield text


# What is put into a text is as good as any, but for these.
REAL = {
    "X is set": "recovery_target_time is set",
    "synchronous_standby_names is set in X": "synchronous_standby_names is set in "
    "postgresql.auto.conf",
    "it could not be promoted: X": "it could not be promoted: replay is paused",
    "it is not known to be written": "postgresql.conf: it is not known to be written",
}
WORLDS = "it is not able"  # a word of the walks' own
SAID = sorted(
    {
        REAL.get(text, text)
        for path, names in SPEAKERS.items()
        for name in names
        for text in texts(functions(path)[name])
        if " " in text.strip()
    }
)


def test_the_texts_are_found() -> None:
    assert "replay is paused" in SAID
    assert len(SAID) > 20


@pytest.mark.parametrize("text", SAID)
def test_each_reason_has_a_way_out(text: str) -> None:
    found = way_out(text, "nd2")

    assert found.endswith((".", "()."))
    assert "{" not in found


def test_no_way_out_is_for_a_text_that_nobody_says() -> None:
    assert way_out("all is well", "nd1") == ""


@pytest.mark.parametrize("name", ["refusals", "wishes", "starting"])
def test_each_refusal_has_a_hint(name: str) -> None:
    tree = ast.parse((CORE / "deciding" / f"{name}.py").read_text())
    calls = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Name)
        and one.func.id == "Outcome"
    ]

    assert calls
    assert [ast.unparse(one) for one in calls if len(one.args) < 2] == []


# --- what a hint names ------------------------------------------------------------------


def wrong(walk: Walk, x: str) -> Iterator[str]:
    """Yield each hint of *x*'s status that names a command which is refused just now."""
    facts, now = walk.sides[x].facts, walk.now
    heard = basics.is_heard(facts, now)
    found = status_of(
        walk.sides[x].reports[-1],
        facts.peer,
        silent=not heard,
        places=(("A", "a"), ("B", "b")),
        reasons=view.reasons(facts, now),
    )
    if found.mirroring == NOT_SWITCHABLE and not found.reasons:
        yield f"{x} says not-switchable, and no reason"
    for reason in found.reasons:
        for why in _wrong(reason, facts, now):
            yield f"{x} says: {reason.text}: {reason.hint} but: {why}"


def _wrong(reason: Reason, facts: Facts, now: float) -> Iterator[str]:
    if not reason.hint and WORLDS not in reason.text:
        yield "there is no hint"
    named = NAMED.findall(reason.hint)
    modes = [mode for mode, _ in named]
    target = re.search(r'on server "(\w+)"', reason.hint)
    runs = target is None or target[1] == facts.terms.me or basics.is_heard(facts, now)
    for mode, options in named:
        force, at = None, now
        if "--force" in options:  # where the other server is off, it is silent soon
            force = Force(abandon="--abandon-register" in options)
            at = max(now, facts.heard_at, facts.stream_at) + facts.terms.limit
        here = mode == DETACH or (mode == SWITCH and (force or not facts.standby))
        refused = refusal(facts, mode, at, force) if here else None
        if refused is not None and facts.wish in (RUN, REST):
            yield f"{mode}: {refused.why}"
        at_once = mode in ("start", "setup") and "--as-primary" not in options
        later = ("once it has stopped", "when that is done")
        stops = any(words in reason.hint for words in later)
        if (
            at_once
            and runs
            and target
            and not stops
            and "stop" not in modes[: modes.index(mode)]
        ):
            yield f"{mode}: its controller runs"


@pytest.mark.parametrize("name", walks.NAMES)
def test_a_command_that_status_names_is_accepted(name: str) -> None:
    walk = walks.begin(name, 1)
    for turn in range(420):
        walk_world.turn(walk)
        if turn % 4 == 0:
            found = [why for x in "AB" for why in wrong(walk, x)]
            assert found == [], f"{name}, turn {turn}: {found}"


@pytest.mark.parametrize("policy", ["arbitration", "message", "command", "fallback"])
def test_nobody_is_sent_from_setup_to_a_detach_that_sends_him_back(policy: str) -> None:
    """A standby that is lost for good: each refusal says who alone can help."""
    primary, _, _ = formed(policy)
    late = primary.heard_at + primary.terms.limit
    unmet = primary.but(met=0, register="", cell=None)
    found = refusal(unmet, DETACH, late)
    assert found is not None
    assert "with the data directory that it had" in found.hint
    assert ("mc_ctl detach --force here" in found.hint) == (policy != "arbitration")
    assert refusals.undecided(unmet, late) == found

    assert primary.mark is not None
    asked = of_setup.Asked("server2", "server1", "/data", begun=False, one_host=False)
    hint = of_setup._end_of_waiting(asked, primary.mark)
    assert "mc_ctl detach" in hint
    assert ("Where that is refused" in hint) == (policy != "arbitration")


@pytest.mark.parametrize(
    ("policy", "register", "says"),
    [
        ("message", "", "mc_ctl switch --force here"),
        ("command", "", "mc_ctl switch --force here"),
        ("arbitration", "", "Bring back the arbiter"),
        ("arbitration", "another", "mc_ctl switch --force --abandon-register here"),
    ],
)
def test_a_standby_that_may_not_take_over_says_whether_anything_helps(
    policy: str, register: str, says: str
) -> None:
    _, standby, _ = formed(policy)
    late = max(standby.heard_at, standby.stream_at) + standby.terms.limit
    facts = standby.but(register=register, cell=None, met=0)
    found = refusal(facts, SWITCH, late)

    assert found is not None and says in found.hint
    assert refusals.undecided(facts, late) == found
    assert found.why in [reason.text for reason in view.reasons(facts, late)]


def test_what_is_told_of_the_standby_is_not_told_again_of_the_join() -> None:
    primary, _, now = formed()
    alone = marked(primary, ALONE, 4)
    assert alone.peer is not None and alone.peer.mark is not None
    out = replace(alone.peer, mark=alone.peer.mark.to(OUT, 4), stays_out=True)

    assert view.reasons(alone.but(peer=out), now) == ()
    later = alone.but(peer=replace(out, stays_out=False), detached=out.incarnation)
    (reason,) = view.reasons(later, now)
    assert reason.text == "the standby cannot be joined: it was disconnected by hand"


@pytest.mark.parametrize(("side", "word"), [(0, DETACH), (1, SWITCH)])
def test_a_silence_that_is_left_to_an_operator_names_the_word_that_ends_it(
    side: int, word: str
) -> None:
    *both, now = formed()
    facts = both[side]
    assert isinstance(facts, Facts)
    late = max(facts.heard_at, facts.stream_at) + facts.terms.limit
    off = facts.but(failover=False)

    assert (refusals.offered(off, now), refusals.offered(off, late)) == ("", word)
    assert refusals.offered(facts, late) == ""  # automatics do it
    assert f"mc_ctl {word} here" in view.reasons(off, late)[0].hint
    blind = off.but(register="", cell=None)
    assert refusals.offered(blind, late) == ""


def test_where_somebody_may_decide_nothing_is_said_of_it() -> None:
    primary, standby, now = formed()
    late = max(standby.heard_at, standby.stream_at) + standby.terms.limit

    for at in (now, late):
        assert refusals.undecided(primary, at) is None
        assert refusals.undecided(standby, at) is None
    for state in (ALONE, GIVEN):
        assert refusals.undecided(marked(primary, state, 4, pair=2), late) is None
    assert tuple(_state(one.mark) for one in (primary, standby)) == (PAIR, SYNC)


def _state(mark: Mark | None) -> str:
    return mark.state if mark is not None else ""
