"""`pgx_pclrsc --status`: see, judge as Check does, and show it, once or again and again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pgx_base import again, report
from pgx_base.failure import Failure
from pgx_base.version import VERSION
from pgx_pclrsc import store
from pgx_pclrsc.status.core import prometheus, shown
from pgx_pclrsc.status.core.view import FAULTED, UNKNOWN, View, view_of
from pgx_pclrsc.status.gather import Eyes

PROGRAM = "pgx_pclrsc"
NOT_WELL = 3

Views = list[View]


def show(root: str, values: Mapping[str, Any]) -> int:
    """Show what *values* ask for; return 0, or 3 where a resource is Faulted or not known.

    Watched, it is 0 once a signal has ended it.  Raises Failure.
    """
    eyes, name = Eyes(root), values.get("name")
    output = values.get("output", "text")
    form = _FORMS[output]
    if seconds := values.get("watch"):
        return _watch(eyes, name, output, float(seconds))
    views = _views(eyes, name)
    report.to_stdout(_encodable(form(views, name)))
    return NOT_WELL if any(one.state in (FAULTED, UNKNOWN) for one in views) else 0


def view(root: str, name: str) -> View:
    """Return what is known of resource *name* now.  Raises Failure."""
    return _views(Eyes(root), name)[0]


def _views(eyes: Eyes, name: str | None) -> Views:
    """Return what is to be shown.  Raises Failure: no such resource, no registry."""
    wanted = eyes.names()
    if name is not None:
        if name not in wanted:
            raise store.UnknownResource(name)
        wanted = (name,)
    seen, node = eyes.see(wanted), eyes.node()
    return [view_of(one, node, seen[one], VERSION, _local) for one in wanted]


def _local(clock: float) -> str:
    """Return seconds of the wall clock as ISO 8601, in local time with its offset."""
    try:
        return datetime.fromtimestamp(clock).astimezone().isoformat("T", "seconds")
    except (OverflowError, ValueError, OSError):
        return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(0))


def _text(views: Views, name: str | None) -> str:
    return shown.table(views) if name is None else shown.text(views[0])


def _plain(views: Views, name: str | None) -> dict[str, Any]:
    if name is not None:
        return shown.plain(views[0])
    return {"resources": [shown.plain(one) for one in views]}


_FORMS: dict[str, Callable[[Views, str | None], str]] = {
    "text": _text,
    "json": lambda views, name: json.dumps(
        _plain(views, name), indent=2, ensure_ascii=False
    ),
    "prometheus": lambda views, _: prometheus.text(views),
}


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _watch(eyes: Eyes, name: str | None, output: str, seconds: float) -> int:
    if output == "json":
        return again.show(lambda: _line(eyes, name), seconds)
    blocks = again.Blocks()
    return again.show(lambda: blocks.next(_block(eyes, name)), seconds)


def _block(eyes: Eyes, name: str | None) -> str:
    """Return the next text; that a resource is removed meanwhile is shown too."""
    try:
        return _encodable(_text(_views(eyes, name), name))
    except Failure as ex:
        return "\n".join(report.lines(PROGRAM, "error", ex))


def _line(eyes: Eyes, name: str | None) -> str:
    try:
        return again.line(_plain(_views(eyes, name), name))
    except Failure as ex:
        return again.line({"errors": [again.error(ex)]})
