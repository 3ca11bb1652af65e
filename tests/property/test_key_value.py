"""The text of our files: tomllib reads the same in it, and what was written is read."""

from __future__ import annotations

import tomllib

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_base.light.dataclasses import replace
from pgx_pclrsc.core import codec, key_value
from pgx_pclrsc.core.definition import ResourceDefinition
from tests.property.test_pclrsc_codec import DEFINITIONS
from tests.unit.test_pclrsc_definition import DEFINITION

# What TOML writes, and what looks like it.
ODD_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "\t",
        "\r",
        "\x0b",
        "\xa0",
        "\x7f",
        "\u200e",
        '"',
        "\\",
        "#",
        ",",
        "[",
        "]",
    ]
)
KEYS = st.sampled_from(["a", "b", "c-1", "_", "9", "a.b", '"a"', "'a'", "é", ""])
NUMBERS = st.from_regex(r"[+-]?[0-9_.xe]{1,4}", fullmatch=True) | st.sampled_from(
    ["9" * 18, "9" * 19, "0", "00", "1979-05-27", "true", "inf"]
)
STRINGS = st.lists(ODD_TEXTS | st.sampled_from(["a", " = ", "名"]), max_size=3).map(
    lambda parts: '"' + "".join(parts) + '"'
)
VALUES = NUMBERS | STRINGS | st.sampled_from(["[]", '"', '""" """', "{}", "[1]", ""])
ELEMENTS = st.builds(
    "{}{}{}\n".format, ODD_TEXTS, VALUES, st.sampled_from([",", ",", ",", "", ", "])
)
ARRAYS = st.builds(
    "[\n{}{}".format,
    st.lists(ELEMENTS, max_size=3).map("".join),
    st.sampled_from(["]", "]", "", "],", " ]"]),
)
LINES = st.one_of(
    st.builds("{} = {}{}\n".format, KEYS, VALUES | ARRAYS, st.just("") | ODD_TEXTS),
    st.builds("[{}]{}\n".format, KEYS, st.just("") | ODD_TEXTS),
    st.builds("{}{}\n".format, ODD_TEXTS, KEYS),
)
TEXTS = st.lists(LINES, max_size=4).map("".join)
SPOTS = st.integers(0, 4000)

TEXT_VALUES = st.text(st.characters(codec="utf-8"))
SCALARS = st.integers() | TEXT_VALUES
BARE_KEYS = st.from_regex(r"[A-Za-z0-9_-]{1,4}", fullmatch=True)
TABLES = st.dictionaries(BARE_KEYS, SCALARS | st.lists(SCALARS, max_size=3), max_size=3)
DOCUMENTS = st.dictionaries(
    BARE_KEYS, SCALARS | st.lists(SCALARS, max_size=3) | TABLES, max_size=5
)


def _meaning(text: str) -> str:
    """Return what tomllib says, types and order included, or that it refuses."""
    try:
        return repr(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValueError):
        return "refused"


def _same_or_refused(text: str) -> None:
    try:
        found = key_value.read(text)
    except key_value.Unreadable as ex:
        assert 1 <= ex.line <= text.count("\n") + 1
        return
    assert repr(found) == _meaning(text)


@settings(max_examples=500)
@given(TEXTS)
def test_a_text_is_read_as_tomllib_reads_it(text: str) -> None:
    _same_or_refused(text)


@given(DEFINITIONS, SPOTS, SPOTS, TEXTS | st.text(max_size=3))
def test_a_definition_that_somebody_has_edited_is_read_as_tomllib_reads_it(
    definition: ResourceDefinition, begin: int, length: int, put_in: str
) -> None:
    text = codec.encode(definition)
    begin %= len(text)

    _same_or_refused(text[:begin] + put_in + text[begin + length % 30 :])


@given(DOCUMENTS)
def test_what_is_written_is_read_here_and_by_tomllib(
    document: dict[str, object],
) -> None:
    text = key_value.written(document)

    assert key_value.read(text) == tomllib.loads(text) == document
    assert repr(key_value.read(text)) == _meaning(text)


@given(st.dictionaries(BARE_KEYS, SCALARS))
def test_a_table_on_one_line_is_read_here_and_by_tomllib(
    table: dict[str, object],
) -> None:
    text = "\n".join(key_value.lines({"all": table}))

    assert repr(key_value.read(text)) == _meaning(text)


@given(DOCUMENTS)
def test_what_earlier_versions_wrote_is_read(document: dict[str, object]) -> None:
    """They wrote with tomli_w: a list over many lines, an escape in \\u and four digits."""
    assert repr(key_value.read(tomli_w.dumps(document))) == repr(
        tomllib.loads(tomli_w.dumps(document))
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=7", 7),
        ("\ta\t=\t7\t# why\r\n# more\n\n", 7),
        ("a = +1_000", 1000),
        ("a = -0", 0),
        ("a = 'b \\ \"c\"' # d", 'b \\ "c"'),
        ('a = "# \\u00e9\\U0001F600\\t"', "# é\U0001f600\t"),
        ("a = [\"b\", 'c',]", ["b", "c"]),
        ("a = [ # first\n  1, # one\n\n  2\n  # last\n]", [1, 2]),
        ("a = { b = 1, c = 'd' }", {"b": 1, "c": "d"}),
        ("[ a ] # b\nc = 1", {"c": 1}),
    ],
)
def test_what_a_hand_adds_is_read(text: str, value: object) -> None:
    assert key_value.read(text) == tomllib.loads(text) == {"a": value}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb", 'line 2: "=" is missing behind "b"'),
        ("a = 1\n = 7", "line 2: a key is missing"),
        ('"a" = 1', "line 1: a key is missing"),
        ("a.b = 1", 'line 1: "=" is missing behind "a"'),
        ("\ufeffa = 1", "line 1: a key is missing"),
        ("\0\0\0", "line 1: a key is missing"),
        ("a = 1\n\na = 2", 'line 3: "a" is there twice'),
        ("a = 1\n[a]", 'line 2: "a" is there twice'),
        ("[a]\n[a]", 'line 2: "a" is there twice'),
        ("[a]\n[[b]]", "line 2: a key is missing"),
        ("[a.b]", 'line 1: "]" is missing behind "[a"'),
        ("[a", 'line 1: "]" is missing behind "[a"'),
        ("a = 1 2", 'line 1: "2" is not expected here'),
        ("a = 1 # \0", 'line 1: "\\x00" is not expected here'),
        ("a = 1\rb = 2", "line 1: "),
        ("a = b", 'line 1: "b" is no whole number, and a string has quotes'),
        ("a = ", 'line 1: "" is no whole number'),
        ("a = 07", 'line 1: "07" is no whole number'),
        ("a = 1__0", 'line 1: "1__0" is no whole number'),
        ("a = ٣", "is no whole number"),
        ("a = 3.0", 'line 1: "3.0" is no whole number'),
        ("a = true", 'line 1: "true" is no whole number'),
        ("a = " + "9" * 5000, "is no whole number"),
        ('a = "b', 'line 1: " is missing at the end of a string'),
        ("a = 'b\n'", "line 1: ' is missing at the end of a string"),
        ('a = "\x7f"', 'line 1: " is missing at the end of a string'),
        ('a = """b"""', 'line 1: """ is not expected here'),
        (r'a = "\x41"', r"line 1: \ stands before no escape"),
        (r'a = "\ud800"', r"line 1: \ stands before no escape"),
        ('a = "\\\nb"', "line 1: \\ stands before no escape"),
        (r'a = "\u12"', r"line 1: \ stands before no escape"),
        ("a = [1\n2]", 'line 2: "," or "]" is missing in a list'),
        ("a = [\n1,\n", 'line 3: "," or "]" is missing in a list'),
        ("a = [[1]]", 'line 1: "[1" is no whole number'),
        ("a = {b = 1 c = 2}", 'line 1: "," or "}" is missing in a table'),
        ("a = {b = 1,}", "line 1: a key is missing"),
        ("a = {b = 1, b = 2}", 'line 1: "b" is there twice'),
    ],
)
def test_what_is_refused_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(key_value.Unreadable) as caught:
        key_value.read(text)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    "odd", ["a\tb", 'a"b', "a\\b", "a\u200eb", "日本 語", "a#b = [c]"]
)
def test_an_odd_name_survives(odd: str) -> None:
    text = codec.encode(replace(DEFINITION, home=odd))

    assert key_value.read(text) == tomllib.loads(text)
