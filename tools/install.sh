#!/bin/sh
# Install for production: install.sh PREFIX
# PREFIX/versions/* are Python environments, PREFIX/bin the commands, each of them replaced
# as a whole: RMS may call one while we install, and what runs on goes on importing from the
# version that it began with, so that one is kept until the next installation.
# All of it is readable by every user whatever the umask, and holds no path into the checkout.

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
"$python" -I "$here/open_prefix.py" "$prefix"
mkdir -p "$prefix/versions" "$prefix/bin"
exec 9<"$prefix/versions"
flock 9 # one installation at a time: it removes what is old
before=$(sed -n "s|.*'\($prefix/versions/[^/]*\)/.*|\1|p" "$prefix/bin/pgx_check" 2>/dev/null || true)
echo "installing in $prefix with $python; that takes about half a minute"
version=$(mktemp -d "$prefix/versions/XXXXXX")
# Built from a copy: a build leaves files beside the sources, which may be someone else's.
sources=$(mktemp -d)
trap 'rm -rf "$sources" "$version"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$version"
venv=$version/venv
"$python" -m venv "$venv"
cp -R "$here/../pyproject.toml" "$here/../README.md" "$here/../LICENSE" \
    "$here/../base" "$here/../postgres" "$here/../pclrsc" "$here/../mirror" "$here/../agent" "$here/../wizard" "$sources"
"$venv/bin/python" "$here/packages.py" --compile
"$venv/bin/python" "$here/packages.py" --compile --force-reinstall --no-deps "$sources"

trap 'rm -rf "$sources"' EXIT # from here on the commands may name the new version
"$venv/bin/python" "$here/commands.py" --venv "$venv" --bin "$prefix/bin"
mkdir -p "$prefix/share" # the manual's place for samples (6.3.1)
cp "$venv"/lib/python*/site-packages/pgx_mirror/share/* "$prefix/share/"
for old in "$prefix"/versions/*; do
    case $old in
    "$version" | "$before") ;;
    *) rm -rf "$old" ;;
    esac
done
echo "installed in $prefix: put $prefix/bin on root's PATH, for a pair on that of postgres, or name the commands in full"
