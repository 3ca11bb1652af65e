"""hvw's sub-applications: whatever one is told once, every screen and text has of it."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from pgx_wizard.core.application import LISTED, TYPED, Application
from pgx_wizard.core.file.reading import read
from pgx_wizard.core.parts.database import MODELS
from pgx_wizard.core.parts.setting import defaults, rows
from pgx_wizard.core.parts.sub_application import SubApplication
from pgx_wizard.core.texts.init import example
from tests.unit.test_wizard_check import PGXTEST


def _read(text: str) -> Application:
    application, problems = read(text)
    assert application is not None, problems
    return application


def test_every_sub_application_is_listed_and_typed_and_has_a_table() -> None:
    tables = {model.declared_as for model in TYPED}

    assert set(TYPED) == set(LISTED)
    assert tables <= {one.name for one in fields(Application)}
    assert tables <= {row.toml for row in rows(Application).values()}


def test_each_screen_has_a_title_and_a_label_of_its_own() -> None:
    assert len({model.title for model in TYPED}) == len(TYPED)
    assert len({model.label for model in TYPED}) == len(TYPED)
    assert all(model.prefix for model in TYPED if not model.inferred)


@pytest.mark.parametrize("model", TYPED)
def test_what_a_screen_shows_at_first_is_what_the_model_has_at_first(
    model: type[SubApplication],
) -> None:
    shown = set(model.defaults().values())

    assert shown <= {str(value) for value in defaults(model).values()}
    assert bool(shown) != model.inferred


@pytest.mark.parametrize("kind", MODELS)
def test_what_the_example_shows_as_a_default_is_the_default(kind: str) -> None:
    text = example(PGXTEST, kind)
    stated = re.sub(r"^# (\[|\w+ = )", r"\1", text, flags=re.MULTILINE)
    assert "\nTimeout = 1800\n" in stated

    # Of attributes it shows what the manual recommends.
    plain, full = (replace(_read(one), basics={}) for one in (text, stated))
    absent = {model.declared_as for model in TYPED} & {
        one.name for one in fields(plain) if getattr(plain, one.name) is None
    }
    assert "network" in absent
    assert replace(full, **dict.fromkeys(absent)) == plain  # type: ignore[arg-type]
