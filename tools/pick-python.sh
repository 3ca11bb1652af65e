#!/bin/sh
# Print the interpreter to build .venv from: one that every user can execute.
#
# The scripts and the monitor run as the OS user of an instance too.  A Python in
# root's closed home, often first on root's PATH, would be refused to them.
# $PYTHON is tried first, alone, where it is given.  Exit 1 with a hint when none will do.

set -u
here=$(dirname "$0")

try() { # candidate [--own]: print its real path, or the reason why not on stderr
    "$1" -I "$here/interpreter.py" ${2:+"$2"} 2>&1
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
setup: detail: $candidate: $answer"
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

echo "setup: error: found no Python that will do$refusals" >&2
echo "setup: hint: Install one for all users (Debian: apt-get install python3 python3-venv), or name it: make setup PYTHON=/path/to/python3" >&2
exit 1
