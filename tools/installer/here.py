"""What runs this: the interpreter that the commands will run in."""

from __future__ import annotations

import os
import sys
import sysconfig

from tools.installer.tags import Interpreter


def interpreter() -> Interpreter:
    """Return what of this interpreter decides which wheels it takes."""
    threads = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return Interpreter(sys.version_info[1], threads, os.uname().machine, _glibc())


def _glibc() -> tuple[int, int]:
    try:
        said = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
    except (ValueError, OSError):
        return 0, 0
    words = said[-1].split(".") if said[:1] == ["glibc"] else []
    return (int(words[0]), int(words[1])) if len(words) >= 2 else (0, 0)
