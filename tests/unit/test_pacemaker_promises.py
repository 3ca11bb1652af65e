"""Promise files for Pacemaker: what is read, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.fake_rms.problems import Wrong
from fixtures.pacemaker import remembered
from fixtures.pacemaker.replay import grammar

_FILES = sorted(Path(grammar.__file__).parents[1].glob("promises/*.pcmk"))


@pytest.mark.parametrize("path", _FILES, ids=[path.stem for path in _FILES])
def test_every_file_says_what_it_is_about_and_can_be_played(path: Path) -> None:
    assert path.read_text().startswith("# ")
    assert grammar.read(path).steps


def test_settings_are_read_wherever_they_stand() -> None:
    assert grammar.parse("p", "start\n").instances == ("pgxtest",)
    assert not grammar.parse("p", "start\n").again
    found = grammar.parse("p", "boots\ninstances one two\nstart\n")
    assert found.again and found.instances == ("one", "two")
    assert [step.line for step in found.steps] == [3]


@pytest.mark.parametrize(
    ("line", "place", "what"),
    [
        ("brew tea", "p:2:1", 'unrecognized verb "brew"'),
        ("wait x node3 within 3 s", "p:2:8", '"node3" is no node'),
        ("wait x node1", "p:2:13", '"within" is missing'),
        ("wait x node1 within soon s", "p:2:21", "no number of seconds"),
        ("start now", "p:2:7", '"now" stands where'),
        ("on node1 do it", "p:2:10", '"do" stands where'),
        ("on node1 run", "p:2:13", "command is missing"),
        ("ran node1", "p:2:10", "ACTION:RESOURCE is missing"),
        ('failed monitor:x node1 "("', "p:2:24", "no regular expression"),
        ("fenced node1 of node2 within 3 s", "p:2:14", '"of" stands where'),
        ("boots twice", "p:2:7", "one word too many"),
        ("instances", "p:2:10", "name is missing"),
    ],
)
def test_a_line_that_says_nothing_has_its_place(
    line: str, place: str, what: str
) -> None:
    with pytest.raises(Wrong) as ex:
        grammar.parse("p", f"# A story.\n{line}\nbrew coffee\n")
    assert place in str(ex.value) and what in str(ex.value)
    assert "p:3:1" in str(ex.value), "all that is wrong is said at once"


def test_a_configuration_is_kept_without_a_beds_own_words() -> None:
    one = ["/tmp/one", "10.231.1.", "/dev/loop1", "/dev/loop10"]
    other = ["/tmp/other", "10.231.27.", "/dev/loop3", "/dev/loop4"]
    cib = '<a ip="{1}100" at="{0}/mnt" d="{2}" e="{3}"/>'
    command = "create device={2} directory={0}/mnt ip={1}100 more={3} op"

    remembered.keep(one, [command.format(*one)], cib.format(*one))

    assert remembered.recall(other, [command.format(*other)]) == cib.format(*other)
    assert remembered.recall(other, ["another"]) == ""
