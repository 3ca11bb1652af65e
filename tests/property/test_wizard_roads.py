"""Roads through hvw's menus, on the fake without a terminal: any application, any hostility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.fake_hvw import lines, session, subs
from fixtures.fake_hvw.asking import Desk
from fixtures.fake_hvw.knobs import Knobs
from fixtures.fake_hvw.state import World
from pgx_wizard.core.application import Application
from pgx_wizard.core.parts.basics import BASICS, FLAG_SETS, SCRIPTS
from pgx_wizard.core.parts.database import Cmdline, Symfoware
from pgx_wizard.core.parts.file_systems import FileSystems, Mount
from pgx_wizard.core.parts.gds import Gds
from pgx_wizard.core.parts.gls import Gls, GlsAddress
from pgx_wizard.core.roads.hand import Hand, Stop
from pgx_wizard.core.roads.road import Options, Outcome, apply
from pgx_wizard.core.screens import listing
from pgx_wizard.core.screens.screen import KNOWN_PROMPTS, parse, plain, prompt_of
from pgx_wizard.core.screens.sections import sections

CLASSES = [f"class{number:04}" for number in range(12)]
POINTS = [f"/mnt/disk{number}" for number in range(25)]
ADDRESSES = [f"takeover{number}" for number in range(11)]
MACHINES = ("node1RMS", "node2RMS")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry that the fake asks has one resource."""
    monkeypatch.setattr(subs, "registered", lambda: ["db"])


def _world() -> World:
    return World("node1", "config", list(MACHINES), CLASSES, POINTS, ADDRESSES)


def _subset(of: list[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), unique=True, min_size=least, max_size=15).map(
        tuple
    )


_YES = st.sampled_from(["yes", "no"])
_BIT = st.sampled_from(["0", "1"])
_SECONDS = st.integers(1, 9999)
_FLAGS = st.frozensets(st.sampled_from(["AUTORECOVER", "MONITORONLY"]))


def _joined(key: str) -> st.SearchStrategy[str]:
    words = FLAG_SETS[key]
    chosen = st.frozensets(st.sampled_from(words))
    return chosen.map(lambda some: "|".join(w for w in words if w in some) or "No")


_BASICS = st.fixed_dictionaries(
    {
        "AutoStartUp": _YES,
        "HaltFlag": _YES,
        "PersistentFault": _BIT,
        "OnlinePriority": _BIT,
        "AutoSwitchOver": _joined("AutoSwitchOver"),
        "StandbyTransitions": _joined("StandbyTransitions"),
        "ScriptTimeout": st.just("") | _SECONDS.map(str),
        **{key: st.sampled_from(["", "/usr/bin/alarm a b"]) for key in SCRIPTS},
    }
).map(lambda changed: BASICS | changed)


def _mounts(points: tuple[str, ...], flags: list[frozenset[str]]) -> tuple[Mount, ...]:
    return tuple(
        Mount(mount_point=point, flags=flags[number % len(flags)])
        for number, point in enumerate(points)
    )


_SYMFOWARE = st.builds(Symfoware, st.just("db"), st.just("T900"), _SECONDS, _SECONDS)
_CMDLINE = st.builds(Cmdline, st.just("db"), st.just("/opt/pgx/bin"), _SECONDS)
_GDS = st.builds(
    Gds, _subset(CLASSES, 1), standby_support=_YES, auto_recover=_YES, timeout=_SECONDS
)
_GLS = st.builds(
    Gls,
    _subset(ADDRESSES, 1).map(lambda names: tuple(map(GlsAddress, names))),
    _SECONDS,
)
_LFS = st.builds(
    FileSystems,
    st.builds(_mounts, _subset(POINTS, 1), st.lists(_FLAGS, min_size=1, max_size=4)),
    timeout=_SECONDS,
)
_APPLICATIONS = st.builds(
    Application,
    name=st.sampled_from(["APP1", "APP7", "db_app"]),
    machines=st.just(MACHINES),
    basics=_BASICS,
    gds=_GDS,
    database=st.none() | _SYMFOWARE,
    gls=st.none() | _GLS,
    file_systems=st.none() | _LFS,
)
_KNOBS = st.builds(
    Knobs,
    first=st.integers(1, 40),
    extra=st.booleans(),
    page=st.sampled_from([0, 1, 3, 10]),
    variants=st.booleans(),
    early=st.booleans(),
)


def _run(world: World, knobs: Knobs, app: Application, **options: Any) -> Outcome:
    """Walk the road on the fake; what it saves goes into *world*."""
    talk = session.run(Desk(world, knobs), lambda: None)
    hand, outcome = Hand(parse(plain(next(talk)))), Outcome()
    road = apply(hand, app, Options(**options), outcome)
    try:
        keys = next(road)
        while True:
            text = plain(talk.send(keys.text))
            assert prompt_of(text)
            keys = road.send(parse(text, keys.text))
    except StopIteration:
        return outcome


def _shown(world: World, app: Application) -> str:
    return lines.listing(world.applications[app.name])


def _wanted(app: Application) -> str:
    return listing.as_text(sections(app))


def _unset(text: str) -> str:
    """Return *text* with StandbyTransitions=No as hvw shows it before it was ever set."""
    return text.replace("StandbyTransitions=No", "StandbyTransitions=")


@settings(max_examples=60)
@given(_APPLICATIONS, _KNOBS)
def test_what_is_typed_is_what_hvw_holds_and_typing_it_again_changes_nothing(
    app: Application, knobs: Knobs
) -> None:
    world = _world()
    _run(world, knobs, app)
    once = _shown(world, app)
    again = _run(world, knobs, app)

    assert _unset(once) == _unset(_wanted(app))
    assert _shown(world, app) == once
    assert again.warnings == []


@settings(max_examples=40)
@given(_APPLICATIONS, _APPLICATIONS, _KNOBS)
def test_from_any_application_to_any_other(
    first: Application, second: Application, knobs: Knobs
) -> None:
    """With --prune hvw ends up with just what the second file has, whatever was there."""
    world = _world()
    _run(world, knobs, first)
    _run(world, knobs, second, prune=True)

    assert _sorted(_shown(world, second)) == _sorted(_wanted(second))


def _sorted(text: str) -> list[str]:
    """Return the settings without their order: what is there is never reordered."""
    return sorted(line.partition("]=")[2] or _unset(line) for line in text.splitlines())


@settings(max_examples=40)
@given(_APPLICATIONS, _APPLICATIONS)
def test_without_prune_nothing_is_lost(first: Application, second: Application) -> None:
    world = _world()
    _run(world, Knobs(), first)
    before = _names(_shown(world, first))
    _run(world, Knobs(), second)

    assert before <= _names(_shown(world, first))


def _names(text: str) -> set[str]:
    values = {line.partition("]=")[2] for line in text.splitlines() if "]=" in line}
    return {v.rpartition(":")[2].rpartition(",")[2] for v in values if not v.isdigit()}


@settings(max_examples=20)
@given(_APPLICATIONS, _CMDLINE, _KNOBS)
def test_command_lines_are_typed_the_same_twice(
    app: Application, database: Cmdline, knobs: Knobs
) -> None:
    import dataclasses

    world = _world()
    other = dataclasses.replace(app, database=database)
    _run(world, knobs, other, type_inferred=True)
    once = _shown(world, app)
    _run(world, knobs, other, type_inferred=True)

    assert f"TIMEOUT={database.timeout}" in once
    assert _shown(world, app) == once


@settings(max_examples=120)
@given(
    _APPLICATIONS, st.integers(1, 120), st.sampled_from(["silence", "noise", "other"])
)
def test_on_anything_else_than_hvw_it_stops(
    app: Application, at: int, what: str
) -> None:
    """At one screen something else is drawn: the run ends there, and saves no more."""
    world = _world()
    talk = session.run(Desk(world, Knobs()), lambda: None)
    strange: dict[str, Callable[[str], str]] = {
        "silence": lambda _: "1) HELP\nChoose an action: ",
        "noise": lambda text: "ERROR: no such thing\n" + text,
        "other": lambda _: "Some menu\n1) HELP\n2) RETURN\nChoose: ",
    }
    hand, outcome = Hand(parse(plain(next(talk)))), Outcome()
    road = apply(hand, app, Options(), outcome)
    try:
        keys = next(road)
        for count in range(1000):
            text = plain(talk.send(keys.text))
            keys = road.send(
                parse(strange[what](text) if count == at else text, keys.text)
            )
    except StopIteration:
        assert len(hand.typed) <= at  # it was done before
    except Stop as ex:
        assert ex.primary.startswith("stopped at ")
        assert len(hand.typed) == at + 1
        if not (outcome.saving or outcome.saved):  # else it is not known, and so told
            assert world.applications == {}


def test_the_prompts_of_the_manuals_screens_are_known() -> None:
    assert len(KNOWN_PROMPTS) == 15
