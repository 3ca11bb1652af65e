"""The files that start and stop a server with the operating system (manual 6.10).  Pure.

`python -m tools.mirror_conf` writes the samples of them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted

# What means something to systemd, to a shell, or to the shell that su starts.
_NOT_IN_A_PATH = frozenset("\"'\\$%`!")


@dataclass(frozen=True, slots=True)
class Boot:
    """One server as its host starts it.

    installdir, mcdir, data   absolute paths
    server                    its identifier, empty where it needs not to be named
    user, group               the instance administrator's
    flags                     mc_ctl's options of a start
    one_host                  both servers are on it
    """

    installdir: str
    mcdir: str
    data: str
    server: str
    user: str
    group: str
    flags: tuple[str, ...] = ()
    one_host: bool = False

    @property
    def instance(self) -> str:
        """What the management directory calls it; two on one host may have one directory."""
        name = self.mcdir.rstrip("/").rpartition("/")[2]
        return f"{name}_{self.server}" if self.one_host else name

    def options(self, *flags: str) -> str:
        """Return mc_ctl's options, in one text."""
        server = [f"--local-server={self.server}"] if self.server else []
        return " ".join([*flags, *server])


EXAMPLE = Boot(
    "/opt/pgx_pclrsc", "/mcdir/inst1", "/database1/inst1", "", "postgres", "postgres",
    ("-f",),
)  # fmt: skip
ARBITER_EXAMPLE = Boot(
    "/opt/pgx_pclrsc", "/mcdir/arb", "", "arbiter", "postgres", "postgres"
)

_UNIT = """\
# Starts and stops a server of the pair with the operating system (manual 6.10).
# As root: install as /etc/systemd/system/mcoi_{instance}.service, mode 0644; systemctl
# daemon-reload; systemctl enable mcoi_{instance}.service.

[Unit]
Description=MirroringController {instance}
Wants=network-online.target
After=network-online.target nss-lookup.target time-sync.target
RequiresMountsFor={mounts}

[Service]
# mc_std ends once the server is up; its controller has a watcher of its own.  The unit then
# stays active, so that ExecStop is run at the shutdown, whoever has started it last.
Type=oneshot
RemainAfterExit=yes
User={user}
Group={group}
ExecStart={program} start {where} '{start}'
ExecStop={program} stop {where} '{stop}'
# Nobody but mc_ctl ends database and controller: not where a start or a stop has failed.
KillMode=process
SendSIGKILL=no
# Both end by themselves: a start once the instance has recovered, or after 600 s of trying
# again (mc_std --wait=SECONDS), a stop after remote_call_timeout.
TimeoutStartSec=infinity
TimeoutStopSec=infinity

[Install]
WantedBy=multi-user.target
"""

_ARBITER = """\
# Starts and stops the arbitration process with the operating system.
# As root: install as /etc/systemd/system/mc_arb_{instance}.service, mode 0644; systemctl
# daemon-reload; systemctl enable mc_arb_{instance}.service.

[Unit]
Description=MirroringController arbitration process {instance}
Wants=network-online.target
After=network-online.target nss-lookup.target time-sync.target
RequiresMountsFor={mounts}

[Service]
# mc_arb is back once the process that it leaves in the background serves.
Type=forking
User={user}
Group={group}
ExecStart={program} start -M {where}
# SIGTERM ends it as `mc_arb stop -e` does, whoever is connected; what is answered is on disk.
# Then, or where its disk hangs, it and a fencing_command that runs are killed.
KillMode=mixed
TimeoutStopSec=10
# While it is away no silent server is replaced.  mc_arb stop is no failure.
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
"""

_RC = """\
#!/bin/sh
#
# Starts and stops a server of the pair with the operating system (manual 6.10).
# As root: install as /etc/rc.d/init.d/rc_mc_{instance} or /etc/init.d/rc_mc_{instance}, mode
# 0755; then chkconfig --add rc_mc_{instance}, or update-rc.d rc_mc_{instance} defaults.
#
# chkconfig: 35 99 01
# description: MirroringController {instance}
### BEGIN INIT INFO
# Provides:          rc_mc_{instance}
# Required-Start:    $network $remote_fs $syslog $time
# Required-Stop:     $network $remote_fs $syslog
# Default-Start:     3 5
# Default-Stop:      0 1 2 6
# Short-Description: MirroringController {instance}
### END INIT INFO

INSTALLDIR='{installdir}'
MCDIR='{mcdir}'
MCUSER='{user}'
START_OPTIONS='{start}'
STOP_OPTIONS='{stop}'
# Seconds that a start is tried again for: the rest of the boot waits for it.
WAIT=60
# Some systems run a stop at shutdown only where this file is there.
SUBSYS=/var/lock/subsys/rc_mc_{instance}

# Runs a program as MCUSER, each word as it is.
as_user() {{
    line=
    for word in "$@"; do
        line="$line '$(printf %s "$word" | sed "s/'/'\\\\\\\\''/g")'"
    done
    su - "$MCUSER" -c "$line"
}}

# Only where nobody but root can have made the directory.
noted() {{
    [ -O "${{SUBSYS%/*}}" ] && [ ! -L "${{SUBSYS%/*}}" ]
}}

start() {{
    as_user "$INSTALLDIR/bin/mc_std" "--wait=$WAIT" start "$INSTALLDIR" "$MCDIR" \\
        "$START_OPTIONS" || return
    if noted; then : >"$SUBSYS"; fi
}}

stop() {{
    as_user "$INSTALLDIR/bin/mc_std" stop "$INSTALLDIR" "$MCDIR" "$STOP_OPTIONS" || return
    if noted; then rm -f "$SUBSYS"; fi
}}

case "$1" in
start) start ;;
stop) stop ;;
restart) stop && start ;;
status) as_user "$INSTALLDIR/bin/mc_ctl" status -M "$MCDIR"{server} ;;
*)
    echo "Usage: $0 start|stop|restart|status" >&2
    exit 2
    ;;
esac
"""


def unit(boot: Boot) -> str:
    """Return a unit for systemd.  Raises Failure for a path that it cannot hold."""
    _check(boot)
    paths = (boot.mcdir, boot.data, boot.installdir)
    return _UNIT.format(
        **_common(boot),
        mounts=" ".join(dict.fromkeys(map(_word, paths))),
        group=boot.group,
        program=_word(f"{boot.installdir}/bin/mc_std"),
        where=f"{_word(boot.installdir)} {_word(boot.mcdir)}",
    )


def arbiter_unit(boot: Boot) -> str:
    """Return a unit for the arbitration process.  Raises Failure, as `unit`."""
    _check(boot)
    return _ARBITER.format(
        instance=boot.instance,
        mounts=" ".join(map(_word, (boot.mcdir, boot.installdir))),
        user=boot.user,
        group=boot.group,
        program=_word(f"{boot.installdir}/bin/mc_arb"),
        where=_word(boot.mcdir),
    )


def rc_script(boot: Boot) -> str:
    """Return a script for SysV init.  Raises Failure for a path that it cannot hold."""
    _check(boot)
    server = f" --local-server={shlex.quote(boot.server)}" if boot.server else ""
    return _RC.format(
        **_common(boot), installdir=boot.installdir, mcdir=boot.mcdir, server=server
    )


def _common(boot: Boot) -> dict[str, str]:
    return {
        "instance": boot.instance,
        "user": boot.user,
        "start": boot.options(*boot.flags),
        "stop": boot.options(),
    }


def _word(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _check(boot: Boot) -> None:
    texts = (boot.installdir, boot.mcdir, boot.data, boot.server, boot.user, boot.group)
    for text in texts:
        if set(text) & _NOT_IN_A_PATH or not text.isprintable():
            raise Failure(
                f"{quoted(text)} cannot stand in a unit or a script",
                detail="It has a quotation mark, or another character that means something "
                "there.",
            )
