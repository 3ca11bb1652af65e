"""A worker that is killed while it plays."""

from __future__ import annotations

import os
import signal
import sys

sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
