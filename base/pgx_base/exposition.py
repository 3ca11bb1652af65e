"""Prometheus' text exposition format, version 0.0.4, gauges alone.  Pure.

What is one of several words is a gauge for each of them, 1 for the one that holds.  What
is not known has no sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

_IN_HELP = {"\\": r"\\", "\n": r"\n"}
_IN_LABEL = {**_IN_HELP, '"': r"\""}

# The name without its prefix, the labels, the value.
Sample = tuple[str, dict[str, str], float]


def text(prefix: str, about: Mapping[str, str], samples: Iterable[Sample]) -> str:
    """Return all *samples*, named with *prefix*, each name with what it is *about* before it.

    A name without a sample is left out.
    """
    return "\n".join(_lines(prefix, about, list(samples)))


def _lines(
    prefix: str, about: Mapping[str, str], samples: list[Sample]
) -> Iterator[str]:
    """Yield all of a name together, with what it is before it."""
    for name, what in about.items():
        found = [one for one in samples if one[0] == name]
        if found:
            yield f"# HELP {prefix}{name} {_escaped(what, _IN_HELP)}"
            yield f"# TYPE {prefix}{name} gauge"
        for _, labels, value in found:
            yield f"{prefix}{name}{_labels(labels)} {_number(value)}"


def _labels(labels: Mapping[str, str]) -> str:
    shown = (f'{name}="{_escaped(text, _IN_LABEL)}"' for name, text in labels.items())
    return f"{{{','.join(shown)}}}" if labels else ""


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(letter, letter) for letter in text)


def _number(value: float) -> str:
    """Return *value* in digits: a position needs more of them than a float shows."""
    return str(int(value)) if value == int(value) else f"{value:.3f}"


def one_of(
    name: str, labels: dict[str, str], label: str, words: tuple[str, ...], is_: str
) -> Iterator[Sample]:
    """Yield a sample for each of *words*, 1 for the one that holds."""
    for word in words:
        yield name, {**labels, label: word}, float(word == is_)
