"""Random application files and listings: clear errors, never a crash, nothing lost."""

from __future__ import annotations

import tomllib
from typing import Any

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_wizard.core.application import Application
from pgx_wizard.core.file.positions import places
from pgx_wizard.core.file.reading import read
from pgx_wizard.core.parts.basics import BASICS
from pgx_wizard.core.parts.database import Cmdline, Database, Symfoware
from pgx_wizard.core.parts.file_systems import MOUNT_FLAGS, FileSystems, Mount
from pgx_wizard.core.parts.gds import Gds
from pgx_wizard.core.parts.gls import Gls, GlsAddress
from pgx_wizard.core.parts.network import NetworkAddress, TakeoverNetwork
from pgx_wizard.core.rules.check import RULES, check
from pgx_wizard.core.rules.rule import Node
from pgx_wizard.core.screens import listing
from pgx_wizard.core.screens.sections import sections
from tests.fix_wizard import manual

# --- what was meant where TOML is wrong ----------------------------------------


@given(st.text(st.characters(exclude_characters="\r\n"), max_size=20))
def test_a_string_that_is_advised_is_toml(value: str) -> None:
    text = f"name = {value}"
    application, problems = read(text)

    assert application is None
    for problem in problems:
        advised = problem.hint.removeprefix("Strings are quoted: ")
        if advised != problem.hint:
            assert set(tomllib.loads(advised.removesuffix("."))) == {"name"}


# --- files that may be anything -----------------------------------------------

_SCALARS = st.one_of(
    st.text(max_size=12), st.integers(), st.booleans(), st.floats(), st.dates()
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_KNOWN = tomllib.loads(manual("manual_backup"))


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """An application file with some of it replaced, removed or added."""
    document: dict[str, Any] = tomllib.loads(manual("manual_backup"))
    for _ in range(draw(st.integers(0, 4))):
        table = draw(st.sampled_from(_tables(document)))
        key = draw(st.sampled_from([*table, "added"]))
        if draw(st.booleans()):
            table.pop(key, None)
        else:
            table[key] = draw(_VALUES)
    return tomli_w.dumps(document)


def _tables(value: object) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [table for item in value for table in _tables(item)]
    if isinstance(value, dict):
        return [value, *_tables(list(value.values()))]
    return []


def _is_clear(text: str) -> None:
    application, problems = read(text)
    for problem in problems:
        assert problem.severity == "error"
        assert problem.primary == problem.primary.strip()
        assert "\n" not in problem.primary
    assert (application is None) == bool(problems)
    if application is not None:
        check(application, Node(fstab=text, fstab_pcl=text), text)
        listing.as_text(sections(application))


@settings(max_examples=600)
@given(_mutated())
def test_files_with_anything_in_them_give_clear_errors(text: str) -> None:
    _is_clear(text)


@settings(max_examples=400)
@given(st.integers(0, len(manual())), st.text(max_size=6), st.integers(0, 9))
def test_files_broken_at_any_character_give_clear_errors(
    at: int, added: str, removed: int
) -> None:
    _is_clear(manual()[:at] + added + manual()[at + removed :])


@given(st.dictionaries(st.text(max_size=6), _VALUES, max_size=5))
def test_every_key_of_a_document_has_a_place(document: dict[str, Any]) -> None:
    text = tomli_w.dumps(document)
    found = places(text)

    for key in document:
        line, column = found[(key,)]
        assert 1 <= line <= text.count("\n") + 1
        assert column >= 1


# --- applications, listed and read back ---------------------------------------

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
_PATHS = st.from_regex(r"(/[a-z0-9._-]{1,6}){1,3}", fullmatch=True)
_SECONDS = st.integers(1, 100_000)
_FLAGS = st.frozensets(st.sampled_from([f for f in MOUNT_FLAGS if f != "LOCAL"]))


def _tuples(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=4).map(tuple)


_MOUNTS = st.builds(Mount, mount_point=_PATHS, flags=_FLAGS, device=_PATHS)
_DATABASES: st.SearchStrategy[Database | None] = st.one_of(
    st.none(),
    st.builds(Symfoware, _NAMES, _NAMES, _SECONDS, _SECONDS, st.just("") | _PATHS),
    st.builds(Cmdline, _NAMES, _PATHS, _SECONDS),
)
_APPLICATIONS = st.builds(
    Application,
    name=_NAMES,
    machines=st.lists(_NAMES.map(lambda n: n + "RMS"), min_size=1, max_size=3).map(
        tuple
    ),
    basics=st.fixed_dictionaries({key: st.just("") | _NAMES for key in BASICS}),
    gds=st.none() | st.builds(Gds, _tuples(_NAMES), timeout=_SECONDS),
    database=_DATABASES,
    gls=st.none()
    | st.builds(Gls, _tuples(st.builds(GlsAddress, _NAMES, st.booleans()))),
    network=st.none()
    | st.builds(TakeoverNetwork, _tuples(st.builds(NetworkAddress, _NAMES))),
    file_systems=st.none() | st.builds(FileSystems, _tuples(_MOUNTS), timeout=_SECONDS),
)


@given(_APPLICATIONS)
def test_a_listing_read_and_shown_again_is_the_same(app: Application) -> None:
    text = listing.as_text(sections(app))

    again = listing.application(listing.parse(text))
    assert listing.as_text(sections(again)) == text


@given(st.text(max_size=60))
def test_what_is_no_listing_is_refused(text: str) -> None:
    try:
        listing.application(listing.parse(text))
    except listing.NoListing:
        return


@given(_APPLICATIONS, st.integers(0, 40))
def test_a_listing_cut_short_is_refused_or_read(app: Application, at: int) -> None:
    lines = listing.as_text(sections(app)).splitlines()
    try:
        listing.application(listing.parse("\n".join(lines[:at])))
    except listing.NoListing:
        return


@given(_APPLICATIONS)
def test_no_rule_fails_on_an_application(app: Application) -> None:
    for rule in RULES:
        for finding in rule.find(app, Node(fstab="", fstab_pcl="")):
            assert finding.primary
