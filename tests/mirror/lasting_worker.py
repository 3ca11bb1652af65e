"""A worker that plays for an hour, unless it is ended; where it stands decides what it hears.

The file that it plays says where: as it is loaded, as it waits, or in a destructor.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

from fixtures.chaos.serving import serve

_LONG = 3600.0  # seconds


class _Slow:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __del__(self) -> None:
        self._path.with_suffix(".destructor").touch()
        time.sleep(_LONG)


def _play(path: Path) -> dict[str, Any]:
    try:
        if path.stem == "destructor":
            _Slow(path)  # gone at once
        path.with_suffix(".waits").touch()
        time.sleep(_LONG)
    finally:
        path.with_suffix(".cleared").touch()
    return {}


signal.signal(signal.SIGINT, signal.SIG_IGN)
time.sleep(1.0)  # its program is loaded
serve(_play)
