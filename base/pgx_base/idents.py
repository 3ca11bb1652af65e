"""What a process and what a file is told by, wherever one is named."""

from __future__ import annotations

Ident = tuple[int, int]  # PID and start time (clock ticks)
Key = tuple[int, int]  # device and inode
