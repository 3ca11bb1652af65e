"""What is read without tomllib and re means what they say it means."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pgx_base.light.dataclasses import replace
from pgx_pclrsc import codec, fstab, limits, plain
from pgx_pclrsc.definition import ResourceDefinition
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


def _meaning(text: str) -> str:
    """Return what tomllib says, types and order included, or that it refuses."""
    try:
        return repr(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return "refused"


def _same_or_not_plain(text: str) -> None:
    try:
        found = plain.loads(text)
    except plain.NotPlain:
        return
    assert repr(found) == _meaning(text)


@settings(max_examples=500)
@given(TEXTS)
def test_a_text_is_read_as_tomllib_reads_it(text: str) -> None:
    _same_or_not_plain(text)


@given(DEFINITIONS, SPOTS, SPOTS, TEXTS | st.text(max_size=3))
def test_a_definition_that_somebody_has_edited_is_read_as_tomllib_reads_it(
    definition: ResourceDefinition, begin: int, length: int, put_in: str
) -> None:
    text = codec.encode(definition)
    begin %= len(text)

    _same_or_not_plain(text[:begin] + put_in + text[begin + length % 30 :])


@given(DEFINITIONS)
def test_a_definition_is_plain_unless_a_name_in_it_is_odd(
    definition: ResourceDefinition,
) -> None:
    ordinary = replace(
        definition,
        env={"LANG": "C", "TZ": "Asia/Tokyo"},
        os_user="名 #1",
        db_user="a = [b]",
        home="/home/a b",
        shell="",
        data_directory="/mnt/data",
        work_directory="/var/lib/work",
        bin_dir="",
        config_file="",
    )
    text = codec.encode(ordinary)

    assert repr(plain.loads(text)) == _meaning(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a = 07",
            "a = ٣",
            "a = ²",
            "a = 00",
            "a = -7",
            "a = 1_0",
            "a = 7 ",
            "a = ",
            "a =",
            " = 7",
        ),
        *(
            "a = [",
            "a = [\n7,",
            "a = [\n77\n]",
            "a = [\n7,\n\x0b8,\n]",
            "a = [\n,\n]",
        ),
        *('a = "', 'a = "x" y"', 'a = "\\"', 'a = "x"#"', "a = 7\na = 7", "[a]\n[a]"),
        *("a = 7\n[a]", "aa]", "[a", "[", "[]", "[[a]]", "[a.b]", "[a] ", "\r", " "),
    ],
)
def test_what_is_no_plain_toml_is_left_to_tomllib(text: str) -> None:
    with pytest.raises(plain.NotPlain):
        plain.loads(text)


@pytest.mark.parametrize("odd", ["a\tb", 'a"b', "a\\b", "a\u200eb"])
def test_an_odd_name_is_left_to_tomllib(odd: str) -> None:
    with pytest.raises(plain.NotPlain):
        plain.loads(codec.encode(replace(DEFINITION, home=odd)))


NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*RMS")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RMS = re.compile(r"#RMS(?::[^#]*)?#")
ODD = st.sampled_from(
    ["", "\n", " ", "é", "０", "-", ".", "_", "9", "a", "R", "RMS", "#"]
)


PARTS = st.lists(ODD | st.text(max_size=2), max_size=6).map("".join)


@given(PARTS | PARTS.map(lambda text: f"{text}RMS"))
@example("-aRMS")
@example(".aRMS")
@example("_RMS")
@example("RMS")
@example("éRMS")
@example("a０RMS")
@example("aRMS\n")
def test_names_are_what_the_patterns_say(text: str) -> None:
    assert (limits.nodes([text]) == []) == bool(NODE.fullmatch(text))
    assert (limits.env({text: "v"}) == []) == bool(VARIABLE.fullmatch(text))


@given(st.lists(st.sampled_from(["#", "RMS", ":", "a", " "]), max_size=6).map("".join))
@example("#RMS#")
@example("#RMS:APP1#")
def test_the_prefix_is_what_the_pattern_says(prefix: str) -> None:
    line = f"{prefix}/dev/sdb2 /fs2 ext4 defaults 1 2".strip()
    match = RMS.match(line)
    rest = line[match.end() :] if match else line
    fields = rest.split()
    there = not rest.startswith("#") and fields[1].startswith("/")

    found = [(entry.source, entry.rms) for entry in fstab.parse(line)]

    assert found == ([(fields[0], bool(match))] if there else [])


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("MY_PWD", "x", False),
        ("MY_PWDX", "x", True),
        ("my_token", "x", False),
        ("CONNINFO", "host=h password = x", False),
        ("PGPASSFILE", "/home/x/.pgpass", True),
    ],
)
def test_what_may_hold_a_secret(variable: str, value: str, *, allowed: bool) -> None:
    assert (limits.env({variable: value}) == []) is allowed


def test_what_is_no_octal_escape_stays() -> None:
    [entry] = fstab.parse(r"/dev/sdb2 /a\400\040b\04 ext4")

    assert entry.mount_point == r"/a\400 b\04"
