"""What ocf:pgx:pgsql says of itself: its meta-data, by the OCF resource agent API, and help."""

from __future__ import annotations

from pgx_base.version import VERSION

ACTIONS = ("start", "stop", "monitor", "validate-all", "meta-data")
HELP = """\
pgx_ocf is the OCF resource agent ocf:pgx:pgsql, which Pacemaker calls.

Usage:
  pgx_ocf ACTION

Actions:
  start                     bring the instance Online, and monitor it
  stop                      stop it, and leave nothing of it
  monitor                   tell its state by the exit code
  validate-all              say what keeps it from being run on this node
  meta-data                 print what Pacemaker is to know of the agent

Options:
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Exit status:
  0  it runs; what was asked for is done
  1  a fault, for the reason on stderr
  3  there is no such action
  4  neither root nor the OS user
  5  not registered, or without programs or user on this node
  6  no name
  7  it does not run on this node

Environment:
  OCF_RESKEY_name           the resource's name, as pgx_pclrsc -p lists it
  PGX_PCLRSC_HOME           directory of the registry (default: /etc/opt/pgx_pclrsc)
"""
_LONG = (
    "A PostgreSQL instance that is registered by pgx_pclrsc on every node. It is started, "
    "stopped and watched by what is registered there: data directory, OS user, times. "
    "A resident monitor asks the server; the monitor action reads what it has found."
)
_NAME = "The name under which pgx_pclrsc has registered the instance, on every node the same."
# Seconds that are advised: pgx_pclrsc's own limits for start and stop, see docs/pacemaker.md.
_TIMES = (
    ("start", 3600, ""),
    ("stop", 1800, ""),
    ("monitor", 30, ' interval="10s" depth="0"'),
    ("validate-all", 30, ""),
    ("meta-data", 10, ""),
)


def meta_data() -> str:
    """Return the meta-data as XML."""
    actions = "\n".join(
        f'<action name="{name}" timeout="{limit}s"{more}/>'
        for name, limit, more in _TIMES
    )
    return f"""<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="pgsql" version="{VERSION}">
<version>1.0</version>
<longdesc lang="en">{_LONG}</longdesc>
<shortdesc lang="en">A registered PostgreSQL instance</shortdesc>
<parameters>
<parameter name="name" unique="1" required="1">
<longdesc lang="en">{_NAME}</longdesc>
<shortdesc lang="en">name of the registered instance</shortdesc>
<content type="string"/>
</parameter>
</parameters>
<actions>
{actions}
</actions>
</resource-agent>
"""
