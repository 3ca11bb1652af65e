"""Transition files: every error with its line and column, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.fake_rms.problems import Wrong, lines
from fixtures.fake_rms.replay import grammar
from fixtures.fake_rms.replay import statements as said
from fixtures.fake_rms.replay.meaning import plan
from tests.fake_rms.shell import HEAD, PLAIN


def wrong(text: str) -> list[str]:
    problems = grammar.parse("t.rms", text).problems
    return [line for line in lines("fake-rms", problems) if "error" in line]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("dance", '1:1: unrecognized word "dance"'),
        ("wait n a Onlin within 1 s", '1:10: "Onlin" is no state'),
        ("wait n a Online in 1 s", '1:17: "in" stands where "within" is expected'),
        ("wait n a Online within soon s", '1:24: "soon" is no number of seconds'),
        ("wait n a Online within 0 s", "1:24: 0 s is too short or too long"),
        ("wait n a Online within 1", '1:25: "s" is missing'),
        ("wait n", "1:7: application or object is missing"),
        ("start now", '1:7: "now" is one word too many'),
        ("on n type rm -rf /", '1:11: "rm" is no command of RMS'),
        ("on n type", "1:10: command is missing"),
        ('log n has "open', "1:11: quotation mark is not closed"),
        (
            'log n has "(open"',
            '1:11: "(open" is no regular expression: missing ), \
unterminated subpattern',
        ),
        (
            'log n has a before "*"',
            '1:20: "*" is no regular expression: nothing to repeat',
        ),
        ("scripts n Online", '1:11: "Online" is not TYPE:OBJECT'),
        ("scripts n", "1:10: TYPE:OBJECT is missing"),
        ("knob kill = softly", '1:6: knob "kill" is one of term, kill, group'),
        ("knob nothing = 1", '1:6: there is no knob "nothing"'),
        ("rows lost within 1 s", '1:6: "lost" stands where "kept" is expected'),
        ("two servers", '1:1: unrecognized word "two"'),
        ("one process", '1:5: "process" stands where "server" is expected'),
        ("roles", "1:6: application is missing"),
        ("repair a", '1:9: "within" is missing'),
        ("observe all", '1:9: "all" is one word too many'),
        ("hvenv n 1=2", '1:9: "1=2" is not NAME or NAME=VALUE'),
    ],
)
def test_each_error_names_its_column(line: str, problem: str) -> None:
    assert wrong(line) == [f"fake-rms: error: t.rms:{problem}"]


def test_all_errors_come_at_once() -> None:
    assert [each.split(":")[3] for each in wrong("start\nx\n\n# fine\ny\nz")] == [
        "2",
        "5",
        "6",
    ]


def test_what_a_file_says() -> None:
    text = (
        "# A promise.\n# Goes on.\nuse a.toml\n"
        'wait n1 app Faulted "Failed Over" within 2.5 s  # so\n'
    )

    found = grammar.parse("t.rms", text)

    assert found.story == "A promise. Goes on."
    assert found.statements == (
        said.Use(3, "a.toml"),
        said.Wait(4, "n1", "app", "Faulted", "Failed Over", 2.5),
    )


def test_shell_text_is_taken_as_it_stands() -> None:
    found = grammar.parse("t.rms", "on n run echo 'a  b' >x; exit 1").statements[0]
    assert found == said.Run(1, "n", "echo 'a  b' >x; exit 1")


@given(st.text(max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    """Each error has a place in the file."""
    for each in grammar.parse("t.rms", text).problems:
        assert 1 <= each.line <= len(text.splitlines())
        assert 1 <= each.column <= len(text.splitlines()[each.line - 1]) + 1


def planned(tmp_path: Path, text: str) -> list[tuple[int, int, str, str]]:
    """Return what is wrong with a file of this text, beside an application file."""
    (tmp_path / "app.toml").write_text(HEAD + PLAIN)
    (tmp_path / "t.rms").write_text(text)
    with pytest.raises(Wrong) as caught:
        plan(grammar.read(tmp_path / "t.rms"))
    assert {each.path for each in caught.value.problems} == {str(tmp_path / "t.rms")}
    return [(p.line, p.column, p.primary, p.hint) for p in caught.value.problems]


def test_names_that_are_not_there(tmp_path: Path) -> None:
    text = (
        "use app.toml\npanic node9RMS\nwait node1RMS app9 Online within 1 s\n"
        "scripts node1RMS Online:x Offline:db\nexpect node1RMS y Offline\n"
        "remember a node1RMS date\nsame b node1RMS date\nsame a node1RMS date\n"
    )

    assert [(line, primary) for line, _, primary, _ in planned(tmp_path, text)] == [
        (2, 'there is no machine "node9RMS"'),
        (3, 'there is no object "app9"'),
        (4, 'there is no object "x"'),
        (5, 'there is no object "y"'),
        (7, 'nothing is remembered as "b"'),
    ]


def test_words_and_names_are_told_together(tmp_path: Path) -> None:
    text = "use app.toml\nstart\ndance app1\nboot node3RMS\npause for\nuse no.toml\n"

    assert planned(tmp_path, text)[0][:3] == (3, 1, 'unrecognized word "dance"')
    assert [line for line, *_ in planned(tmp_path, text.replace("use no", "#"))] == [
        *(3, 4, 5),
    ]


def test_an_application_file_that_is_nowhere(tmp_path: Path) -> None:
    [(line, column, primary, hint)] = planned(tmp_path, "start\nuse no.toml\nboot x\n")

    assert (line, column, primary) == (2, 5, 'there is no application file "no.toml"')
    assert f'"{tmp_path}", "{tmp_path}/applications", ' in hint


def test_what_the_bed_alone_can_do_is_refused_without_it(tmp_path: Path) -> None:
    text = "use app.toml\nfreeze node1RMS\nobserve\nrows kept within 1 s\none server\n"

    assert [primary for _, _, primary, _ in planned(tmp_path, text)] == [
        *('"freeze" needs the bed', '"observe" needs the bed'),
        *('"rows" needs the bed', '"one" needs the bed'),
    ]


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("on active run true", "`roles APP` comes first"),
        ("wait node1RMS APP1 Online within 1 s", 'in small letters: "app1"'),
    ],
)
def test_a_name_that_is_nearly_right_has_a_hint(
    statement: str, hint: str, tmp_path: Path
) -> None:
    [(*_, told)] = planned(tmp_path, f"use app.toml\n{statement}\n")

    assert hint in told


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match=r"gone\.rms: could not read file: No such file"):
        plan(grammar.read(tmp_path / "gone.rms"))


def test_our_applications_are_found_from_anywhere(tmp_path: Path) -> None:
    text = "use plain.toml\nstart\n"
    found = plan(grammar.parse(str(tmp_path / "t.rms"), text))
    assert [each.name for each in found.files] == ["plain.toml"]


def test_a_file_without_an_application(tmp_path: Path) -> None:
    (tmp_path / "t.rms").write_text("start\n")
    with pytest.raises(Wrong, match="no application is used"):
        plan(grammar.read(tmp_path / "t.rms"))
