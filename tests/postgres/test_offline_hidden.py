"""A server that /proc does not show to its own user: hidepid, and a program closed to it."""

from __future__ import annotations

import pytest

from fixtures.processes import gone
from fixtures.server import Server
from tests.fix_resource import MakeResource
from tests.postgres.test_hidden_processes import _run
from tests.postgres.test_whose_process import SYSTEMS_OWN
from tests.postgres.test_whose_process import closed as closed

pytestmark = [pytest.mark.root, pytest.mark.one_postgres, SYSTEMS_OWN]


def test_it_is_never_taken_for_dead(
    make_resource: MakeResource, server: Server, closed: int
) -> None:
    """Offline does not say that it is gone, and Online hands no PID file past it."""
    resource = make_resource(server)
    code, errors = _run(resource, "pgx_offline")

    assert (code, gone(closed)) == (1, False), errors
    assert str(closed) in errors
    code, errors = _run(resource, "pgx_online")
    assert (code, gone(closed)) == (1, False), errors
    assert f"grandparent={closed}" not in resource.trace()
