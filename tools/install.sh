#!/bin/sh
# Install for production: install.sh PREFIX
# PREFIX/venv has its own Python environment, PREFIX/bin the commands; both are
# readable by every user whatever the umask, and hold no path into the checkout.

set -eu
umask 022
prefix=$1
here=$(cd "$(dirname "$0")" && pwd)
case $prefix in
/*) ;;
*)
    echo "install: error: PREFIX must be an absolute path, not \"$prefix\"" >&2
    exit 1
    ;;
esac

python=$("$here/pick-python.sh")
venv=$prefix/venv
if [ "$(readlink -f "$venv/bin/python" 2>/dev/null || true)" != "$python" ]; then
    "$python" -m venv --clear "$venv"
fi

# Built from a copy: a build leaves files beside the sources, which may be someone else's.
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT
trap 'exit 1' HUP INT TERM
cp -R "$here/../pyproject.toml" "$here/../README.md" "$here/../LICENSE" \
    "$here/../agent" "$here/../pclrsc" "$here/../wizard" "$sources"
"$venv/bin/python" "$here/requirements.py" >"$sources/requirements.txt"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --compile \
    --requirement "$sources/requirements.txt"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --compile \
    --force-reinstall --no-deps "$sources"

"$venv/bin/python" "$here/commands.py" --venv "$venv" --bin "$prefix/bin"
echo "installed in $prefix: put $prefix/bin on root's PATH, or name the commands in full"
