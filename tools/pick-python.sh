#!/bin/sh
# Print the interpreter to build .venv from, or with --for-bundle to install a bundle with:
# one that every user can execute.
#
# The scripts and the monitor run as the OS user of an instance too.  A Python in
# root's closed home, often first on root's PATH, would be refused to them.
# $PYTHON is tried first, alone, where it is given.  Exit 1 with a hint when none will do.

set -u
here=$(dirname "$0")
bundle=${1:-}
if [ -n "$bundle" ]; then
    program=install packages=python3 named="PYTHON=/path/to/python3 ./install"
else
    program=setup packages="python3 python3-venv" named="make setup PYTHON=/path/to/python3"
fi

try() { # candidate [--own]: print its real path, or the reason why not on stderr
    "$1" -I "$here/interpreter.py" $bundle ${2:+"$2"} 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- /usr/bin/python3 /usr/local/bin/python3 python3
    for minor in 14 13 12 11; do
        set -- "$@" "/usr/bin/python3.$minor" "/usr/local/bin/python3.$minor" "python3.$minor"
    done
fi

refusals=""
for candidate in "$@"; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if answer=$(try "$candidate"); then
        printf '%s\n' "$answer"
        exit 0
    fi
    refusals="$refusals
$program: detail: $candidate: $answer"
done

# An ordinary user's own interpreter will do, where that user alone runs everything.
if [ "$(id -u)" != 0 ]; then
    for candidate in "$@"; do
        if answer=$(try "$candidate" --own 2>/dev/null); then
            printf '%s\n' "$answer"
            exit 0
        fi
    done
fi

echo "$program: error: found no Python that will do$refusals" >&2
echo "$program: hint: Install one for all users, or name it: $named" >&2
echo "$program: hint: Debian: apt-get install $packages; Enterprise Linux 8 and 9: dnf install python3.12 (since 8.10 and 9.4, python3.11 since 8.8 and 9.2); 10: dnf install python3" >&2
exit 1
