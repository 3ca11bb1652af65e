"""What `mc_ctl --help` prints."""

HELP = """\
mc_ctl starts, stops, switches and watches a pair of PostgreSQL servers.

Usage:
  mc_ctl start [-M MCDIR] [-w|-W] [-f|-F] [--mc-only] [--as-primary]
  mc_ctl stop [-M MCDIR] [[-a] [--mc-only] | -e]
  mc_ctl status [-M MCDIR] [--output=FORMAT] [--watch[=SECONDS]] [--lag | --arbiter]
  mc_ctl switch [-M MCDIR] [--force [--no-fencing] [--abandon-register] [-f]]
  mc_ctl detach [-M MCDIR] [--force [--no-fencing] [--abandon-register] [-f]]
  mc_ctl enable-failover [-M MCDIR]
  mc_ctl disable-failover [-M MCDIR]
  mc_ctl setup [-M MCDIR] -r standby -U USER -h HOST -p PORT --standby-name=NAME
               [-c CONNSTR] [--method=METHOD]
  mc_ctl secret [-M MCDIR]
  mc_ctl generate-service [-M MCDIR] [-f|-F] [--rc]
  mc_ctl list-leftovers [-M MCDIR]
  mc_ctl report [-M MCDIR] [--peer-trace=FILE] [--since=TIME] [-o FILE]

Modes:
  start                     start Mirroring Controller, and the instance
  stop                      stop the instance, and Mirroring Controller; a standby is
                            disconnected first, and from a primary with automatics on
                            (-f) its standby takes over
  status                    show the status of the pair
  switch                    make the standby the primary
  detach                    disconnect the standby
  enable-failover           let errors lead to a switch or a disconnection
  disable-failover          let errors be told only
  setup                     make this server's data directory a copy of the primary's
  secret                    write the secret that is copied, with network.conf, to the
                            other server and the arbiter
  generate-service          print a unit for systemd, which starts and stops this server
                            with the operating system by mc_std
  list-leftovers            list what is to be taken out by hand where the pair becomes
                            a single server; nothing is changed
  report                    write a page (HTML) of what happened to the pair

Options for every mode:
  -M MCDIR                  management directory (default: $MCCONTROLDIR)
      --local-server=ID     server that is meant, where both are on one host
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Options for start:
  -w                        wait until the start has come to its end
  -W                        do not wait; by default, until it is decided whether the
                            instance may run, for 10 s at most
  -f                        let errors lead to a switch or a disconnection
  -F                        let errors be told only (default)
      --mc-only             leave the instance as it is
      --as-primary          this server is the primary: for the first start ever, and
                            after a recovery

Options for stop:
  -a                        stop both servers; neither takes over
      --mc-only             leave the instance as it is
  -e                        end Mirroring Controller by force; the instance is left as
                            it is

Options for status:
      --output=FORMAT       form of the output: text (default), json, or prometheus
      --watch[=SECONDS]     show it again and again (default: each 2 s), until ^C
      --lag                 and how far the standby is behind
      --arbiter             the arbiter instead, as the servers know it

Options for switch and detach, where the other server is silent and nobody decides:
      --force               the other server is off, stays off until this has ended, and
                            has not gone on alone: your word, which is asked for
      --no-fencing          without fencing_command, which else ends that server first
      --abandon-register    the arbiter of the pair is lost for good, and network.conf
                            names a new one
  -f                        do not ask: the word is given, and stands in the system log

Options for generate-service:
  -f, -F                    what the server is started with
      --rc                  print a script for SysV init instead

Options for report:
      --peer-trace=FILE     the other server's trace: trace.log.1 and trace.log of its
                            management directory, one behind the other
      --since=TIME          from when on: "2026-11-29 17:00", 17:00, 90min, 6h, 7d
                            (default: as far back as the traces go)
  -o FILE                   write the page into FILE (default: standard output)

Options for setup:
  -r standby                what the server is to be
  -U USER                   database user; its password is in .pgpass
  -h HOST, -p PORT          where the primary listens, on the log transfer network
      --standby-name=NAME   the name in the primary's synchronous_standby_names
  -c CONNSTR                more connection parameters: "sslmode=verify-full"
      --method=streaming|rewind|copy
                            how: nothing is copied, what has changed is (pg_rewind), or
                            everything (pg_basebackup); chosen where it is not given
"""
