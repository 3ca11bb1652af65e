#!/bin/sh
# Install from a checkout: install.sh PREFIX [OPTION]...  It makes a bundle for this machine's
# interpreter alone, and installs that: tools/installer has all that matters.

set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)

python=$("$here/pick-python.sh")
"$python" -I -B "$here/install.py" --check "$@" # before anything is got or made
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# Built from a copy: a build leaves files beside the sources, which may be someone else's.
mkdir "$work/source"
for part in base postgres pclrsc mirror agent wizard tools docs; do
    cp -R "$here/../$part" "$work/source"
done
cp "$here"/../*.md "$here/../LICENSE" "$here/../pyproject.toml" "$here/../requirements.lock" "$work/source"
"$python" -m venv "$work/venv"
(cd "$work/source" && "$work/venv/bin/python" -B -m tools.bundle --unpacked "$work/bundle")
PYTHON=$python "$work/bundle/install" "$@"
