"""The programs that dpkg and rpm run as a package comes and goes."""

from __future__ import annotations

from pathlib import Path

from tools.installer import layout, ocf
from tools.packaging.product import NAME, PREFIX, Product

PROGRAM = "packaged"
_PURGE = Path(__file__).with_name("purge.sh")
# A package manager replaces what nobody has told it of; a link that is another's stays.
_FREE = f"""\
link={ocf.USUAL}
if [ -e $link -o -L $link ] && [ "$(readlink $link)" != {PREFIX}/{ocf.COMMAND} ]; then
    echo "{NAME}: error: there is something of another program in the way: $link" >&2
    echo "{NAME}: hint: Remove it." >&2
    exit 1
fi
"""


def _called(product: Product, what: str) -> str:
    return f"{PREFIX}/{layout.PACKAGE}/{product.content}/{PROGRAM} {what}\n"


def debian(product: Product) -> dict[str, str]:
    """Return dpkg's; with which words it calls them is in Debian's policy, 6.5."""

    def script(words: str, text: str) -> str:
        return f"#!/bin/sh\nset -e\ncase $1 in\n{words})\n{text};;\nesac\n"

    return {
        "preinst": script("install | upgrade", _FREE),
        "postinst": script("configure | abort-*", _called(product, "activate")),
        "prerm": script("remove", _called(product, "withdraw")),
        "postrm": script("purge", _PURGE.read_text()),
    }


def rpm(product: Product) -> str:
    """Return rpm's, as sections; $1 is how many of the package's versions are left then."""
    return (
        f"%pre -p /bin/sh\n{_FREE}\n"
        f"%post -p /bin/sh\n{_called(product, 'activate')}\n"
        f'%preun -p /bin/sh\nif [ "$1" = 0 ]; then\n{_called(product, "withdraw")}fi\n\n'
    )
