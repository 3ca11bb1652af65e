"""What bash completes of a command's line, of what it prints for --help.  Pure.

One function of bash a command, which needs nothing of the package bash-completion.  It
expands no name that it has found on a disk: whoever may make files there must not have a
word of theirs run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from pgx_pclrsc import registry
from pgx_pclrsc.core import names
from tools.man.help_text import Help, Option

# What may stand for a value or an operand, and how bash finds it; else nothing is offered.
_KINDS = {
    "DATADIR": "directory",
    "DIR": "directory",
    "FILE": "file",
    "INSTALLDIR": "directory",
    "MCDIR": "directory",
    "NAME": "resource",
    "OSUSER": "user",
    "PATH": "file",
    "RESOURCE": "resource",
    "WORKDIR": "directory",
}

_FUNCTION = """\
# What bash completes of a line for @program@: made by tools.man of what --help says.

_@program@() {
    local IFS=$' \\t\\n'
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local mode='' operands=0 kind='' each i
    local -a choices=()
    COMPREPLY=()
    if [[ $word == = ]]; then # bash takes "=" for a word of its own
        word='' before+==
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}=
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        each=${COMP_WORDS[i]}
        case $each in
            =) i=$((i + 1)) ;; # and the value behind it
@taken@            -*) ;;
            *) @operand@ ;;
        esac
    done
    case $before in
@values@        *)
            if [[ $word != -* ]]; then
                case $mode:$operands in
@operands@                    *) ;;
                esac
            fi
            if [[ -z $kind && ${#choices[@]} -eq 0 ]]; then
                case $mode in
@options@                esac
            fi
            ;;
    esac
    case $kind in
        directory) compopt -o dirnames ;;
        file) compopt -o default ;;
        user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
@resources@    esac
    for each in "${choices[@]}"; do
        [[ $each == "$word"* ]] && COMPREPLY+=("$each")
    done
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}

complete -F _@program@ @program@
"""
# A name that is none of a resource's is not put on a command line: it may hold a command.
_RESOURCES = """\
        resource)
            while read -r each; do
                each=${each%/*} each=${each##*/}
                [[ $each =~ ^[A-Za-z][A-Za-z0-9_]*$ ]] && choices+=("$each")
            done < <(compgen -G "${@variable@:-@home@}/*/@definition@")
            ;;
"""


def script(told: Help, by_mode: Mapping[str, frozenset[str]]) -> str:
    """Return the script for bash; *by_mode*: the options of each mode or action."""
    places = {
        "program": told.program,
        "taken": _rows(3, _taken(told, by_mode)),
        "operand": _operand(by_mode),
        "values": _rows(2, _values(told)),
        "operands": _rows(5, _operands(told, by_mode)),
        "options": _rows(5, _options(told, by_mode)),
        "resources": _resources(told),
    }
    return _put(_FUNCTION, places)


def _put(text: str, places: Mapping[str, str]) -> str:
    return re.sub("@([a-z]+)@", lambda found: places[found[1]], text)


def _rows(depth: int, rows: Iterable[tuple[str, str]]) -> str:
    """Return branches of a `case`, the patterns of those that do the same together."""
    by_body: dict[str, list[str]] = {}
    for pattern, body in rows:
        by_body.setdefault(body, []).append(pattern)
    return "".join(
        f"{'    ' * depth}{' | '.join(patterns)}) {body} ;;\n"
        for body, patterns in by_body.items()
    )


def _taken(
    told: Help, by_mode: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """What is done about an option that stands on the line, and what belongs to it."""
    skip = "[[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 1)); i=$((i + 1))"
    for word, option in told.options.items():
        if word in by_mode:
            yield word, "mode=$each"
        elif option.value and not option.may_lack_value:
            yield word, skip


def _operand(by_mode: Mapping[str, frozenset[str]]) -> str:
    count = "operands=$((operands + 1))"
    if not _has_modes(by_mode):
        return count
    return f"if [[ -z $mode ]]; then mode=$each; else {count}; fi"


def _has_modes(by_mode: Mapping[str, frozenset[str]]) -> bool:
    """Whether the first operand is a mode; actions are options."""
    return any(not mode.startswith("-") for mode in by_mode)


def _values(told: Help) -> Iterator[tuple[str, str]]:
    for word, option in told.options.items():
        if not option.value:
            continue
        if not option.may_lack_value:
            yield word, _offer(option)
        if word.startswith("--"):
            yield f"{word}=", _offer(option)


def _offer(option: Option) -> str:
    if option.choices:
        return _choices(option.choices)
    # A long option's NAME is a user's, or a standby's.
    is_name = option.value == "NAME" and option.word.startswith("--")
    return f"kind={'other' if is_name else _kind(option.value)}"


def _kind(value: str) -> str:
    return _KINDS.get(value, "other")


def _choices(words: Iterable[str]) -> str:
    return f"choices=({' '.join(map(shlex.quote, words))})"


def _operands(
    told: Help, by_mode: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    if _has_modes(by_mode):
        yield ":0", _choices(by_mode)
    for use in told.uses:
        for at, name in enumerate(use.operands):
            yield f"{use.mode}:{at}", f"kind={_kind(name)}"


def _options(
    told: Help, by_mode: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    known = frozenset().union(*by_mode.values())
    common = [option for word, option in told.options.items() if word not in known]
    everywhere = known.intersection(*by_mode.values())
    common += [told.options[word] for word in sorted(everywhere & set(told.options))]
    yield "''", _choices(map(_spelled, common))
    for mode, allowed in by_mode.items():
        options = (each for word, each in told.options.items() if word in allowed)
        yield mode, _choices(map(_spelled, options))


def _spelled(option: Option) -> str:
    takes = option.value and not option.may_lack_value
    return f"{option.word}=" if takes and option.word.startswith("--") else option.word


def _resources(told: Help) -> str:
    values = {option.value for option in told.options.values()}
    values |= {name for use in told.uses for name in use.operands}
    if "resource" not in map(_kind, values):
        return ""
    places = {
        "variable": registry.VARIABLE,
        "home": registry.DEFAULT_ROOT,
        "definition": names.DEFINITION,
    }
    return _put(_RESOURCES, places)
