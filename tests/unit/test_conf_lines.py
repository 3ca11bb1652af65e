"""A configuration file is read as PostgreSQL reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.server import Server
from pgx_postgres import conf_lines
from pgx_postgres.conf_lines import lines, quoted, read_line, unquoted
from tests.fix_sessions import Connect


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (b"port = 1", b"port", b"1"),
        (b"port 1", b"port", b"1"),
        (b"  PORT\t=1 # a comment", b"port", b"1"),
        (b"port=1\r", b"port", b"1"),
        (b"a.b = 'x'", b"a.b", b"x"),
        (b"a'x'", b"a", b"x"),
        (b"a = 'it''s # no comment' # one", b"a", b"it's # no comment"),
        (rb"a = 'it\'s \\ \n \101 \x'", b"a", b"it's \\ \n A x"),
        (b"a = ''", b"a", b""),
        (b"a = b-c:d/e", b"a", b"b-c:d/e"),
        (b"a = 1.5e3", b"a", b"1.5e3"),
        (b"a = 0x1F", b"a", b"0x1F"),
        (b"a = 16MB", b"a", b"16MB"),
        ("a = 'ä'".encode("latin-1"), b"a", "ä".encode("latin-1")),
    ],
)
def test_a_setting_is_read(text: bytes, name: bytes, value: bytes) -> None:
    for end in (b"", b"\n"):
        line = read_line(text + end)
        assert (line.name, line.value, line.wrong) == (name, value, False)


@pytest.mark.parametrize("text", [b"", b"  ", b"# a = b", b"\t#", b"\r", b"#'"])
def test_a_comment_is_nothing(text: bytes) -> None:
    assert read_line(text) == conf_lines.Line(0, text)


@pytest.mark.parametrize(
    "text",
    [
        b"a", b"a =", b"a = 'b", b"a = 'b' c", b"= b", b"1 = 2", b"a == b", b"a = b.c",
        b"a = 'b''", b"a = b c # d", b"-", b"a = b,c", b"a = 'b\0c'", b"a = \\", b"'a' = b",
    ],
)  # fmt: skip
def test_a_syntax_error_is_told(text: bytes) -> None:
    assert read_line(text).wrong


@given(st.binary())
def test_no_byte_is_lost(content: bytes) -> None:
    assert b"".join(line.text for line in lines(content)) == content


@given(st.binary().filter(lambda value: b"\0" not in value))
def test_what_is_quoted_is_read(value: bytes) -> None:
    line = read_line(b"a = " + quoted(value) + b" # b\n")

    assert unquoted(quoted(value)) == value
    assert (line.name, line.value) == (b"a", value)
    assert conf_lines.with_value(line, b"c") == b"a = 'c' # b\n"


# Texts of what a line may be made of, most of them almost right.
_WORDS = st.sampled_from(
    ["pgx.a", "pgx.a ", "Pgx.A", "=", " = ", "'", "''", "'b'", "b", "b-c", "b.c", "1", "-1",
     "1.5", ".5", "1e3", "1.5e3", "1.5MB", "0x1f", "0x", "16MB", "\\", "\\'", "\\n", "\\101",
     "#", " # x", "\t", "\r", ",", "*", "ü", "$", "_", '"', "+", "1.2.3", "a:b"]
)  # fmt: skip
_LINE = st.one_of(
    st.lists(_WORDS, max_size=6).map("".join),
    st.lists(_WORDS, max_size=3).map(lambda words: "pgx.a = " + "".join(words)),
    st.text("'\\#ab1 ", max_size=8).map(lambda text: f"pgx.a = '{text}'"),
)


@pytest.mark.one_postgres
def test_postgresql_reads_the_same(server: Server, connect: Connect) -> None:
    """A file for each line: PostgreSQL's view goes no further than a file's first error."""
    server.start_plain()
    session = connect(server)
    most = 30
    names = [f"{server.data}/line.{number}" for number in range(most)]
    includes = "".join(f"include '{name}'\n" for name in names)
    (server.data / "postgresql.auto.conf").write_text(includes)

    def theirs() -> dict[str, tuple[bytes, bytes, bool]]:
        rows = session.execute(
            "select sourcefile, convert_to(lower(name), 'utf8'), "
            "convert_to(setting, 'utf8'), name is null from pg_file_settings "
            "where sourcefile like '%/line.%'"
        ).fetchall()
        return {f: (name or b"", value or b"", wrong) for f, name, value, wrong in rows}

    @settings(max_examples=60)
    @given(st.lists(_LINE, min_size=most, max_size=most))
    def is_read(texts: list[str]) -> None:
        for name, text in zip(names, texts, strict=True):
            Path(name).write_bytes(f"{text}\n".encode())
        found = theirs()
        for name, text in zip(names, texts, strict=True):
            line = read_line(f"{text}\n".encode())
            ours = (line.name, line.value, line.wrong)
            assert ours == found.get(name, (b"", b"", False)), text

    is_read()
