"""Our own packages as a wheel, the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from pathlib import Path

from tools.commands import PACKAGES

_NAME = "pgx_primecluster"
_WHEN = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can say
_WHEEL = """\
Wheel-Version: 1.0
Generator: tools.bundle
Root-Is-Purelib: true
Tag: py3-none-any
"""


def build(source: Path, version: str, into: Path) -> Path:
    """Write the wheel of the checkout *source* into directory *into*, and return its path."""
    info = f"{_NAME}-{version}.dist-info"
    files = _packages(source)
    files[f"{info}/METADATA"] = _metadata(source, version).encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    record = "".join(_line(name, data) for name, data in sorted(files.items()))
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = into / f"{_NAME}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(name, _WHEN)
            member.create_system = 3  # Unix, which the mode is of
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return path


def _packages(source: Path) -> dict[str, bytes]:
    found = {}
    for part in PACKAGES:
        for pattern in ("*.py", "*.sample"):
            for path in (source / part).rglob(pattern):
                found[str(path.relative_to(source / part))] = path.read_bytes()
    return found


def _metadata(source: Path, version: str) -> str:
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {one}" for one in project["dependencies"]),
    ]
    return "\n".join(lines) + "\n"


def _line(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"{name},sha256={digest.decode()},{len(data)}\n"
