"""All rules, and everything that an application breaks of them.  Pure."""

from __future__ import annotations

from pgx_wizard.core.application import Application
from pgx_wizard.core.file.positions import Path, Place, places
from pgx_wizard.core.file.problem import Problem
from pgx_wizard.core.rules import attributes, database, layout, limits, names, node
from pgx_wizard.core.rules.rule import Finding, Node, Rule

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *attributes.RULES,
    *layout.RULES,
    *database.RULES,
    *limits.RULES,
    *node.RULES,
)


def check(application: Application, this: Node, text: str = "") -> list[Problem]:
    """Return every breach, errors first; *text* is the file, for the places in it."""
    found = [
        (rule, finding) for rule in RULES for finding in rule.find(application, this)
    ]
    where = places(text) if text and found else {}
    problems = [_problem(rule, finding, where) for rule, finding in found]
    return sorted(problems, key=lambda problem: problem.severity != "error")


def _problem(rule: Rule, finding: Finding, where: dict[Path, Place]) -> Problem:
    path = finding.path
    while path and path not in where:
        path = path[:-1]
    line, column = where.get(path, (0, 0))
    return Problem(
        rule.severity,
        finding.primary,
        rule.hint,
        finding.detail,
        rule.section,
        rule.source,
        line,
        column,
    )
