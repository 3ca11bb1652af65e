"""Screens as hvw draws them, in whole and in part: what is on them, and whether it asks yet."""

from __future__ import annotations

import pytest

from pgx_wizard.core.screens.screen import Menu, parse, plain, prompt_of
from tests.unit.test_fake_hvw_screens import TRANSCRIPTS

SETTINGS = """\
16
Volume management (Gds_APP1:consistent)
1) HELP                                6) DiskClasses[0]=class0001
2) NO-SAVE+EXIT                        7) (ClassNameFilter=)
3) SAVE+EXIT                           8) (StandbySupport=no)
Choose the setting to process: """


def test_a_menu_of_settings() -> None:
    screen = parse(SETTINGS, "16")

    assert screen.menu is Menu.SETTINGS
    assert (screen.title, screen.object, screen.state) == (
        "Volume management",
        "Gds_APP1",
        "consistent",
    )
    assert screen.labels == (
        "HELP", "NO-SAVE+EXIT", "SAVE+EXIT", "DiskClasses[0]=class0001", "ClassNameFilter=",
        "StandbySupport=no",
    )  # fmt: skip
    assert screen.said == ()


def test_what_belongs_to_no_menu_is_something_said() -> None:
    text = SETTINGS.replace("Volume", "ERROR: no such class\nVolume", 1)

    assert parse(text, "16").said == ("ERROR: no such class",)


def test_labels_may_have_blanks_and_numbers_may_be_any() -> None:
    text = "A (b:consistent)\n 71) FaultScript=/a/b c d   9) (X=1)\nChoose the setting to process: "

    assert [(i.number, i.label) for i in parse(text).items] == [
        ("9", "X=1"),
        ("71", "FaultScript=/a/b c d"),
    ]


@pytest.mark.parametrize(
    ("printed", "label"),
    [
        ("FRECHOICE", "FREECHOICE"),
        ("NOT: STARTUP(T)", "NOT:STARTUP(T)"),
        ("NOT:STARTUP(T)", "NOT:STARTUP(T)"),
        ("Application-Creat", "Application-Create"),
        ("LocalFileSystem(-)", "LocalFileSystems(-)"),
        ("GIs:Global-Link-Services(-)", "Gls:Global-Link-Services(-)"),
        ("NOSAVE+EXIT", "NO-SAVE+EXIT"),
        ("(Timeout=60)", "Timeout=60"),
    ],
)
def test_the_manuals_spellings_are_one(printed: str, label: str) -> None:
    assert parse(f"1) {printed}\nChoose: ").labels == (label,)


def test_a_flag_menus_header_may_be_broken() -> None:
    text = "Set flags for mount point: /mnt/a Currently set:\nLOCAL, SYNC (LY)\n1) HELP\nx: "

    screen = parse(text)
    assert screen.menu is Menu.FLAGS
    assert screen.said == ()


def test_a_prompt_for_a_text() -> None:
    screen = parse("3\nEnter something\n>> ", "3")

    assert (screen.menu, screen.prompt, screen.said) == (
        Menu.TEXT,
        ">>",
        ("Enter something",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3\n",
        "Set flags for mount point: /mnt/a Currently set:",
        "Set a flag for takeover IP address: takeoverip\nCurrently set:",
        "1) HELP\n2) Gls:",
        "pcl-vm13:",
        "1) HELP\nChoose the setting",
        "1) HELP\nChoose a mount point:\n",
    ],
)
def test_what_is_still_being_drawn_is_no_prompt(text: str) -> None:
    assert prompt_of(text) == ""


def test_every_transcript_ends_with_a_prompt_and_none_before_its_end() -> None:
    for part in TRANSCRIPTS.read_text().split("\n@ ")[1:]:
        text = part.partition("\n")[2].rstrip().rstrip("0123456789 ") + " "
        asks = [at for at in range(len(text) + 1) if prompt_of(text[:at])]

        assert asks == [len(text) - 1, len(text)]
        assert parse(text).menu is not Menu.UNKNOWN


def test_the_manuals_screens_are_read_as_printed_whatever_their_columns() -> None:
    """Items of every screen are found, each once, and none swallows another."""
    for part in TRANSCRIPTS.read_text().split("\n@ ")[1:]:
        step, _, text = part.partition("\n")
        screen = parse(text.rstrip().rstrip("0123456789 ") + " ")
        numbers = [int(item.number) for item in screen.items]

        if step != "A.2.3 3":  # it counts two lines as 10
            assert numbers == list(range(1, len(numbers) + 1)), step
        assert screen.labels[0] == "HELP"
        assert screen.said == (), step


def test_terminal_control_is_no_text() -> None:
    assert plain("\x1b[2J\x1b[1;1Ha\x1b[0m\r\nb\x1b]0;t\x07") == "a\nb"
