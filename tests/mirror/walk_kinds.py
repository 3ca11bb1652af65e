"""Which kinds of steps the protocol's model has, read from its text.

A label there is an f-string, with a choice or an addition in it at most: each becomes the
texts that it can be, with * for what is filled in.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.mirror.walk_values import MODEL

# Where steps are, and what begins the label of one that is made by `mark`.
_STEPS = ("server", "build", "foe", "controller", "arming", "register")


_BUG = "a bug that the model plants, to see that it is found"
_REGISTER = "the register's part, in test_register_model.py"

# What no core takes, and why.
NOT_TAKEN = {
    "* comments the names out, before it asks": _BUG,
    "* gives the pen back: mark OUT, pg_promote under way": _BUG,
    "* sees a probe commit return": _BUG,
    "* tells the register PAIR, before its own mark": _BUG,
    "* trusts its old mark and fences *": _BUG,
    "* management directory restored": "a mark in the management directory is such a bug",
    "* alone enrols the new arbiter": _REGISTER,
    "* and * together enrol the new arbiter": _REGISTER,
    "arbiter loses its state": _REGISTER,
    "arbiter restored from an old copy": _REGISTER,
    "* OS crashes: WAL written but not flushed is lost": "remote_write is not claimed",
    "* sets the names (mark says PAIR)": "only a hand takes the names out under PAIR, and "
    "no foe of the model does",
}


def all_kinds() -> frozenset[str]:
    """Return every kind of step that the model can take, in any scenario."""
    tree = ast.parse(Path(MODEL.__file__).read_text(encoding="utf-8"))
    (model,) = (
        n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Model"
    )
    found: set[str] = set()
    for part in model.body:
        if isinstance(part, ast.FunctionDef) and part.name in _STEPS:
            found.update(_labels(part))
    return frozenset(found)


def missing(kinds: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return those of *wanted* that none of *kinds*, as they were taken, is."""
    taken = list(kinds)
    return sorted(one for one in wanted if not any(is_of(kind, one) for kind in taken))


def is_of(kind: str, template: str) -> bool:
    """Whether the *kind* of a step that was taken is what *template* says."""
    pattern = "[^,:]*".join(re.escape(part) for part in template.split("*"))
    return re.fullmatch(pattern, kind) is not None


def _labels(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield from _texts(node.value.elts[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "mark":
            yield from (f"* {text}" for text in _texts(node.args[0]))


def _texts(node: ast.expr) -> list[str]:
    """Return what the expression of a label can be."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return [*_texts(one), *_texts(other)]
        case ast.BinOp(left=left, right=right, op=ast.Add()):
            return [a + b for a, b in itertools.product(_texts(left), _texts(right))]
        case ast.JoinedStr(values=values):
            parts = [_texts(value) for value in values]
            return ["".join(chosen) for chosen in itertools.product(*parts)]
        case ast.FormattedValue(value=ast.IfExp() as value):
            return _texts(value)
        case ast.Name(id="end"):
            return ["", ", late"]
        case _:
            return ["*"]
