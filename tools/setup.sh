#!/bin/sh
# Make VENV with everything that demo, test and bench need: setup.sh VENV
# A VENV that is there already is kept and completed, if its interpreter will do.

set -eu
umask 022  # other users run what is in it
venv=$1
here=$(dirname "$0")

if [ -x "$venv/bin/python" ] && PYTHON=$venv/bin/python "$here/pick-python.sh" >/dev/null 2>&1; then
    : # kept
else
    python=$("$here/pick-python.sh")
    echo "making $venv with $python"
    "$python" -m venv --clear "$venv"
fi

echo "installing what is needed into $venv; the first time that takes about a minute"
"$venv/bin/python" "$here/packages.py" --extra dev
