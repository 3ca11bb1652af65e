"""The programs that dpkg and rpm run as a package comes and goes."""

from __future__ import annotations

from pathlib import Path

from tools.installer import layout
from tools.packaging.product import PREFIX, Product

PROGRAM = "packaged"
_PURGE = Path(__file__).with_name("purge.sh")


def _called(product: Product, what: str) -> str:
    return f"{PREFIX}/{layout.PACKAGE}/{product.content}/{PROGRAM} {what}\n"


def debian(product: Product) -> dict[str, str]:
    """Return dpkg's; with which words it calls them is in Debian's policy, 6.5."""

    def script(words: str, text: str) -> str:
        return f"#!/bin/sh\nset -e\ncase $1 in\n{words})\n{text};;\nesac\n"

    return {
        "postinst": script("configure | abort-*", _called(product, "activate")),
        "prerm": script("remove", _called(product, "withdraw")),
        "postrm": script("purge", _PURGE.read_text()),
    }


def rpm(product: Product) -> str:
    """Return rpm's, as sections; $1 is how many of the package's versions are left then."""
    return (
        f"%post -p /bin/sh\n{_called(product, 'activate')}\n"
        f'%preun -p /bin/sh\nif [ "$1" = 0 ]; then\n{_called(product, "withdraw")}fi\n\n'
    )
