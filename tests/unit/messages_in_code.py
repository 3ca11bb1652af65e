"""Collect the primary lines of all messages from the code, as patterns.

A message is what is handed over as the parameter `primary`: to Failure, to warn and
inform, and to whatever other function has a parameter of that name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.commands import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
Functions = dict[str, set[int]]


def sources() -> list[Path]:
    """Return the modules whose messages count."""
    return sorted(path for part in PACKAGES for path in (ROOT / part).rglob("*.py"))


def trees() -> list[tuple[Path, ast.Module]]:
    """Return each module's syntax tree."""
    return [(path, ast.parse(path.read_text())) for path in sources()]


def takers(modules: list[tuple[Path, ast.Module]]) -> Functions:
    """Return the functions that take a primary line, and which of their arguments it is.

    Several may share a name: `warn` is a function of report and a method of the worker.
    """
    # A rule's finding, a file's problem (behind its severity) and why apply stops are shown too.
    found: Functions = {
        "Failure": {0},
        "Passing": {0},
        "WrongCaller": {0},
        "Finding": {0},
        "Problem": {1},
        "stop": {0},
    }
    found |= {"Ended": {0}, "Interrupted": {0}, "Silent": {0}, "Late": {0}}
    found |= {"NoInstance": {0}}
    for _, module in modules:
        for owner in ast.walk(module):
            if isinstance(owner, ast.Module | ast.ClassDef):
                for node in owner.body:
                    _add_taker(found, owner, node)
    return found


def _add_taker(
    found: Functions, owner: ast.Module | ast.ClassDef, node: ast.stmt
) -> None:
    if not isinstance(node, ast.FunctionDef) or node.name == "__init__":
        return
    names = [argument.arg for argument in node.args.args]
    if "primary" in names:
        at = names.index("primary") - isinstance(owner, ast.ClassDef)
        found.setdefault(node.name, set()).add(at)


def primaries(module: ast.Module, functions: Functions) -> Iterator[tuple[int, str]]:
    """Yield line number and pattern of each primary line that is written out in *module*."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            for argument in _primary_arguments(node, functions):
                for text in _patterns(argument):
                    yield node.lineno, text


def _primary_arguments(call: ast.Call, functions: Functions) -> Iterator[ast.expr]:
    name = (
        call.func.attr
        if isinstance(call.func, ast.Attribute)
        else getattr(call.func, "id", "")
    )
    for at in sorted(functions.get(name, ())):
        if any(
            says_something(text)
            for arg in call.args[at : at + 1]
            for text in _patterns(arg)
        ):
            yield call.args[at]
            break
    yield from (word.value for word in call.keywords if word.arg == "primary")


def _patterns(node: ast.expr) -> Iterator[str]:
    """Yield *node*'s text as a regular expression, once for each branch of a condition."""
    match node:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.JoinedStr(values=values):
            yield "".join(_part(value) for value in values)
        case ast.IfExp(body=body, orelse=other):
            yield from _patterns(body)
            yield from _patterns(other)
        case _:
            pass  # made elsewhere, and seen there


def _part(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return re.escape(str(value.value))
    return ".+"


def says_something(pattern: str) -> bool:
    """Whether *pattern* has words of its own, and does not only hand something on."""
    return len(re.findall(r"[a-z]{2,}", pattern.replace(".+", " "))) >= 2


@cache  # reading all of the code takes seconds
def all_primaries() -> list[tuple[str, str]]:
    """Return place and pattern of every primary line."""
    modules = trees()
    functions = takers(modules)
    return [
        (f"{path.relative_to(ROOT)}:{line}", pattern)
        for path, module in modules
        for line, pattern in primaries(module, functions)
        if says_something(pattern)
    ]
