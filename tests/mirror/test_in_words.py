"""A failure as one line, also one that was made of others."""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_mirror.hands.line import in_words


def test_each_sentence_ends_once() -> None:
    inner = Failure("it is wrong", detail="There.", hint="Mend it.")

    assert in_words(inner) == "it is wrong. There. Mend it."
    assert in_words(Failure(in_words(inner))) == in_words(inner)
