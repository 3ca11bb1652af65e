"""A clock that is wrong for one process and what it starts: a library that ld.so puts first.

What the kernel stamps (files, certificates' files, processes) has the right time.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += AHEAD;
    return failed;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *told) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (told) *told = found.tv_sec;
    return found.tv_sec;
}
"""


def library(directory: Path, seconds: int) -> Path:
    """Make what sets the wall clock *seconds* forward.  Skips without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs cc (Debian: apt-get install gcc libc6-dev)")
    source, made = directory / "ahead.c", directory / "ahead.so"
    source.write_text(_SOURCE)
    line = [compiler, "-shared", "-fPIC", "-O1", f"-DAHEAD={seconds}"]
    subprocess.run([*line, "-o", str(made), str(source)], check=True)
    made.chmod(0o755)
    return made
