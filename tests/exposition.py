"""A strict reader of Prometheus' text exposition format 0.0.4, gauges alone.

It refuses whatever the format allows and nobody here needs: comments that are neither HELP
nor TYPE, time stamps, blanks that could be left out.  Names and order are looked at too.
"""

from __future__ import annotations

import re

Labels = frozenset[tuple[str, str]]
Samples = dict[tuple[str, Labels], float]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_VALUE = r'"((?:[^"\\\n]|\\["\\n])*)"'
_HELP = re.compile(rf"# HELP ({_NAME}) ((?:[^\\\n]|\\[\\n])+)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) gauge")
_SAMPLE = re.compile(
    rf"({_NAME})(\{{.*\}})? (-?[0-9]+(?:\.[0-9]+)?|NaN|[+-]Inf)", re.DOTALL
)
_LABEL = re.compile(rf"([a-zA-Z_][a-zA-Z0-9_]*)={_VALUE}([,}}])")
_UNESCAPED = {r"\\": "\\", r"\n": "\n", r"\"": '"'}


class Wrong(Exception):
    """It is not in the format."""


def read(text: str) -> tuple[dict[str, str], Samples]:
    """Return each name's HELP, and the samples.  Raises Wrong."""
    if not text.endswith("\n"):
        raise Wrong("the last line has no end")
    helps: dict[str, str] = {}
    samples: Samples = {}
    name, typed = "", False
    for line in text[:-1].split("\n"):
        if found := _HELP.fullmatch(line):
            if (name := found[1]) in helps:
                raise Wrong(f"{name} comes again")
            helps[name], typed = _plain(found[2]), False
        elif found := _TYPE.fullmatch(line):
            if typed or found[1] != name:
                raise Wrong(f"a TYPE of its own: {line}")
            typed = True
        else:
            key, value = _sample(line)
            if not typed or key[0] != name or key in samples:
                raise Wrong(f"a sample out of place: {line}")
            samples[key] = value
    return helps, samples


def _sample(line: str) -> tuple[tuple[str, Labels], float]:
    found = _SAMPLE.fullmatch(line)
    if found is None:
        raise Wrong(f"no sample: {line!r}")
    return (found[1], _labels(found[2] or "")), float(found[3])


def _labels(text: str) -> Labels:
    labels: dict[str, str] = {}
    rest = text[1:]
    while rest:
        found = _LABEL.match(rest)
        if found is None or found[1] in labels:
            raise Wrong(f"no labels: {text!r}")
        labels[found[1]] = _plain(found[2])
        rest = rest[found.end() :]
        if (found[3] == "}") != (not rest):
            raise Wrong(f"no labels: {text!r}")
    return frozenset(labels.items())


def _plain(text: str) -> str:
    return re.sub(r"\\.", lambda found: _UNESCAPED[found[0]], text)
