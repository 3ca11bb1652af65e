"""Which line of a server's log is the cause, in each form and language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_postgres import log_lines
from pgx_postgres.log_lines import clean, last, parse, telling

WORDS = {"FATAL": "FATAL", "PANIC": "PANIC", "致命的エラー": "FATAL", "ВАЖНО": "FATAL"}


def told(text: str, form: str = "stderr") -> list[str]:
    return telling(parse(text, form, WORDS))


def test_the_last_fatal_line_comes_first_then_its_own_then_three_older_ones() -> None:
    text = "LOG:  z\nLOG:  y\nFATAL:  old\nLOG:  b\n\nFATAL:  new\nHINT:  do\nLOG:  x\n"

    assert told(text) == [
        "FATAL: new",
        "HINT:  do",
        "LOG:  x",
        "LOG:  y",
        "FATAL: old",
        "LOG:  b",
    ]


def test_without_a_fatal_line_the_last_ones_are_quoted() -> None:
    assert told("".join(f"{n}\n" for n in range(20))) == ["16", "17", "18", "19"]


def test_a_severity_is_told_by_its_place_behind_any_prefix() -> None:
    prefix = "2026-11-28 07:00:00.1 UTC [12] db=x,user=FATAL "
    assert told(f"{prefix}LOG:  PANIC: says a user\n{prefix}FATAL:  real\n")[0] == (
        "FATAL: real"
    )
    assert told(f"{prefix}LOG:  redirecting log output to logging collector process\n")[
        0
    ].endswith("collector process")


def test_a_translated_severity_counts() -> None:
    assert told("x [1] LOG:  a\nx [1] 致命的エラー:  b\n")[0] == "致命的エラー: b"
    assert told("[1] ВАЖНО:  нет\n[1] LOG:  конец\n")[0] == "ВАЖНО: нет"


def test_csv_and_json_have_a_field_for_it() -> None:
    row = [
        "t",
        "",
        "",
        "1",
        "",
        "s",
        "1",
        "",
        "t",
        "",
        "0",
        "PANIC",
        "XX000",
        "no, WAL",
    ]
    row += ["where", "do it", *[""] * 10]
    csv = ",".join(f'"{word}"' for word in row)
    line = {"error_severity": "FATAL", "message": "no\nWAL", "hint": "do it"}

    assert told(csv + "\n", "csvlog") == ["PANIC: no, WAL", "where", "do it"]
    got = told("garbage\n" + json.dumps(line) + "\n", "jsonlog")
    assert got == ["FATAL: no\\nWAL", "do it"]
    assert last(parse(csv + "\n", "csvlog", WORDS), "PANIC") == "PANIC: no, WAL"
    assert last(parse(csv + "\n", "csvlog", WORDS), "FATAL") == ""


def test_the_catalogues_that_are_here_are_read() -> None:
    found = log_lines.severities(log_lines.locale_directories("/usr/lib/x/bin"))

    assert found["FATAL"] == "FATAL"
    assert set(found.values()) == {"FATAL", "PANIC", ""}


@pytest.mark.parametrize("word", ["FATAL", "致命的エラー"])
def test_a_prefix_need_not_end_with_a_blank(word: str) -> None:
    prefix = "2026-11-28 07:00:00 UTC::@:[12]:"
    text = f"{prefix}{word}:  no\n{prefix}NONFATAL:  x\n{prefix}LOG:  the end\n"

    assert told(text)[0] == f"{word}: no"


@pytest.mark.parametrize("message", log_lines._NOT_NOW)
def test_what_a_client_is_told_is_no_cause(message: str) -> None:
    words = log_lines.severities([])
    line = json.dumps({"error_severity": "FATAL", "message": message})
    cause = json.dumps({"error_severity": "FATAL", "message": "no WAL"})
    plain = parse(f"PANIC:  no WAL\nFATAL:  {message}\n", "stderr", words)

    assert telling(plain)[0] == "PANIC: no WAL"
    assert telling(parse(f"{cause}\n{line}\n", "jsonlog", words))[0] == "FATAL: no WAL"


@given(st.text(max_size=3000))
def test_what_is_quoted_is_one_short_line_that_can_be_printed(text: str) -> None:
    shown = clean(text)

    assert len(shown.encode("utf-8", "replace")) <= 1024
    assert shown.isprintable()


@given(st.text(max_size=400), st.sampled_from(["stderr", "csvlog", "jsonlog"]))
def test_any_text_is_read(text: str, form: str) -> None:
    assert all(isinstance(line, str) for line in told(text, form))
