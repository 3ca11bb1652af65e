"""Fixtures: pgx_wizard and fake-hvw, as the stubs that `make setup` writes start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fixtures import wizard_stage
from fixtures.os_user import plain_environment
from tools import commands

ROOT = Path(__file__).resolve().parents[1]
APPLICATIONS = ROOT / "fixtures" / "applications"
Result = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def wizard_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with both programs of this very checkout."""
    directory = tmp_path_factory.mktemp("bin")
    paths = [str(ROOT / part) for part in commands.PACKAGES]
    site = [entry for entry in sys.path if entry.endswith("site-packages")]
    for name in ("pgx_wizard", "fake-hvw"):
        text = commands.stub(
            name, commands.base_interpreter(), [*paths, str(ROOT)], site
        )
        commands.write(directory / name, text, 0o755)
    return directory


@dataclass
class Wizard:
    """pgx_wizard, and a fake hvw whose state is a directory of this test's own."""

    bin: Path
    directory: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def hvw(self) -> str:
        """The path of the fake hvw."""
        return str(self.bin / "fake-hvw")

    @property
    def state(self) -> Path:
        """What the fake hvw holds."""
        return self.directory / "hvw"

    def environment(self) -> dict[str, str]:
        """Return what the programs are started with."""
        ours = {
            "PGX_PCLRSC_HOME": str(self.directory / "registry"),
            "FAKE_HVW_STATE": str(self.state),
            "LC_ALL": "C.UTF-8",
            "RELIANT_HOSTNAME": "elsewhereRMS",
        }
        return plain_environment("root") | ours | self.env

    def run(self, *arguments: object, text: str = "") -> Result:
        """Run pgx_wizard to its end, *text* on its standard input."""
        return self._run("pgx_wizard", *arguments, text=text)

    def fake(self, *arguments: object) -> Result:
        """Run fake-hvw to its end."""
        return self._run("fake-hvw", *arguments)

    def _run(self, program: str, *arguments: object, text: str = "") -> Result:
        return subprocess.run(
            [str(self.bin / program), *map(str, arguments)],
            env=self.environment(),
            cwd=self.directory,
            text=True,
            capture_output=True,
            input=text,
            timeout=120,
        )

    def apply(self, name: object, *options: object, **knobs: object) -> Result:
        """Run `pgx_wizard apply` on the fake hvw, with FAKE_HVW_... set by *knobs*."""
        self.knobs(**knobs)
        file = APPLICATIONS / f"{name}.toml" if isinstance(name, str) else name
        return self.run("apply", file, "--hvw", self.hvw, *options)

    def knobs(self, **knobs: object) -> None:
        """Make the fake hvw hostile, and in nothing else than *knobs* say."""
        self.env = {k: v for k, v in self.env.items() if not k.startswith("FAKE_HVW_")}
        self.env |= {
            f"FAKE_HVW_{key.upper()}": str(value) for key, value in knobs.items()
        }

    def register(self, name: str = "pgxtest", **changed: object) -> None:
        """Put a resource into the registry."""
        wizard_stage.register(self.directory / "registry", name, **changed)

    def shown(self) -> str:
        """Return the settings that the fake hvw holds."""
        return self.fake("--show").stdout

    def held(self) -> dict[str, Any]:
        """Return the fake hvw's state."""
        path = self.state / "state.json"
        held: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return held

    def file(self, text: str, name: str = "app.toml") -> Path:
        """Write an application file."""
        path = self.directory / name
        path.write_text(text)
        return path


def manual(name: str = "manual") -> str:
    """Return the text of one of the application files that come with the project."""
    return (APPLICATIONS / f"{name}.toml").read_text()


@pytest.fixture
def wizard(wizard_bin: Path, tmp_path: Path) -> Wizard:
    """The programs, in an empty directory."""
    assert os.path.isabs(wizard_bin)
    return Wizard(wizard_bin, tmp_path)


@pytest.fixture
def registered_wizard(wizard: Wizard) -> Wizard:
    """The programs, on a node where pgxtest is registered."""
    wizard.register()
    return wizard
