"""Is this interpreter one to build on?  Print its real path, or say why not.

Run by the interpreter in question, which may be an old one: nothing newer than
Python 3.6 may stand here.  With --own it need not be open to other users; with
--for-bundle it needs no pip, and must be of a version that a bundle has packages for.
"""

import os
import stat
import sys


def _closed(path: str) -> str:
    """Return the first of *path* and its parents that others cannot go through, or ""."""
    while True:
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return path
        parent = os.path.dirname(path)
        if parent == path:
            return ""
        path = parent


NEWEST = 14  # CPython 3.14: tools/bundle/fetching.py gets no packages for a newer one


def _problem(binary: str, own: bool, bundle: bool) -> str:
    ours = sys.version.split()[0]
    if sys.version_info < (3, 11):  # noqa: UP036  # it may be run by an older one
        return f"is Python {ours}, and 3.11 or newer is needed"
    if bundle and sys.version_info[1] > NEWEST:
        return f"is Python {ours}, and a bundle is for 3.11 to 3.{NEWEST}"
    try:
        for module in ("hashlib", "venv", "zipfile"):  # not in Debian's python3-minimal
            __import__(module)
    except ImportError:
        return "is not whole (Debian: apt-get install python3)"
    try:
        import ensurepip  # noqa: F401  # Debian keeps it in python3-venv
    except ImportError:
        if not bundle:
            return "cannot make virtual environments (Debian: apt-get install python3-venv)"
    for path in (binary, os.path.realpath(os.path.dirname(os.__file__))):
        closed = "" if own else _closed(path)
        if closed:
            return f"other users cannot execute it: {closed} is closed to them"
    return ""


def main() -> None:
    """Print the path and exit 0, or the reason and exit 1."""
    binary = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    given = sys.argv[1:]
    problem = _problem(binary, "--own" in given, "--for-bundle" in given)
    print(problem or binary)
    sys.exit(1 if problem else 0)


main()
