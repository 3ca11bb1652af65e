"""What an operator has to do about what keeps a server, or a pair, from being well.  Pure.

Each text that a server says of itself has its line here; a test reads them from the code.
"""

from __future__ import annotations

# By what the text has in it; {0} is the server that it is of.
_AGAIN = 'mc_ctl stop, then mc_ctl start on server "{0}".'
_ANEW = 'mc_ctl stop, then mc_ctl setup and mc_ctl start on server "{0}".'
_REREAD = 'mc_ctl stop --mc-only, then mc_ctl start --mc-only on server "{0}".'
_WAYS = (
    ("it has not been looked at yet", "It passes once its database has let the controller "
     'in; the system log of server "{0}" says what keeps it out.'),
    ("replay is paused", "There: select pg_wal_replay_resume()."),
    ("less than the primary's", f"Raise it in postgresql.conf there; {_AGAIN}"),
    ("recovery_target", f"Remove it from postgresql.conf there; {_AGAIN}"),
    ("fsync is off", "Set fsync = on in postgresql.conf there, and pg_ctl reload."),
    ("primary_conninfo has no application_name", f"Make it a standby anew: {_ANEW}"),
    ("no superuser", "Name a superuser by db_instance_username, or give that one the "
     f"right; {_REREAD}"),
    ("it is on timeline", f"Make it a standby anew: {_ANEW}"),
    ("beyond its own WAL was reported", f"Restart it when that is possible: {_AGAIN}"),
    ("is not one name", "Write one name there, that of the other server, and pg_ctl reload."),
    ("set in postgresql.auto.conf", "ALTER SYSTEM RESET synchronous_standby_names, and "
     "pg_ctl reload."),
    ("on its server's command line", f"Start it without: {_AGAIN}"),
    ("nothing is read of postgresql.conf", "Correct that line, and pg_ctl reload."),
    ("postgresql.conf: ", "Correct it; the controller tries again."),
    ("is too old for a pair", "Both servers need PostgreSQL 13 or newer."),
    ("can acknowledge commits right after a start", "Update PostgreSQL, on both servers."),
    ("it is no standby that runs", 'mc_ctl status on server "{0}" says why.'),
    ("it is in sync with a later primary", "mc_ctl status on both servers says which of "
     "them is the primary."),
    ("it is of another database", "Empty its data directory, if it is of no use; then "
     f"{_ANEW}"),
    ("it was disconnected by hand", f"Start it again: {_AGAIN}"),
    ("it leaves", 'It is being stopped; mc_ctl start on server "{0}" when that is done.'),
    ("it bears the name", 'Where the latter is right, it is to be the application_name in '
     'primary_conninfo in postgresql.auto.conf of server "{0}": there mc_ctl stop, mc_ctl '
     "setup with that --standby-name, and mc_ctl start. Else correct "
     "synchronous_standby_names in postgresql.conf of the primary, and pg_ctl reload."),
    ("its heartbeat_error_action is another", f"Make both the same; {_REREAD}"),
    ("its network.conf is another", "Make it the same on all hosts; the system log names the "
     f"line. {_REREAD}"),
    ("its system identifier is another", "Empty its data directory, if it is of no use; then "
     f"{_ANEW}"),
    ("its major version is another", "Install the same version of PostgreSQL on both."),
    ("block size is another", "Install the same build of PostgreSQL on both."),
    ("both do not reach one register", "mc_ctl status --arbiter on both servers shows who "
     "reaches it. One that is new is enrolled once both servers do."),
)  # fmt: skip


def way_out(text: str, server: str) -> str:
    """Return what to do about *text*, which is said of *server*; empty where none is known."""
    for part, way in _WAYS:
        if part in text:
            return way.format(server)
    return ""
