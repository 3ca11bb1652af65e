"""What mc_ctl, mc_arb and mc_std print for --help, and what their man pages say."""

MC_CTL = """\
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
               [-c CONNSTR] [--method=METHOD] [CMD]
  mc_ctl secret [-M MCDIR]
  mc_ctl generate-service [-M MCDIR] [-f|-F] [--rc]
  mc_ctl list-leftovers [-M MCDIR]
  mc_ctl report [-M MCDIR] [--peer-trace=FILE] [--since=TIME] [-o FILE]
  mc_ctl last-primary [-M MCDIR] [--other=FILE]

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
  last-primary              tell, where all servers have stopped, which was the primary
                            last, and which has the newest backup and log

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
      --output=text|json|prometheus
                            form of the output (default: text)
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

Options for last-primary:
      --other=FILE          what it has printed on the other server, "-" for standard
                            input; without it this server's is printed

Options for setup:
  -r standby                what the server is to be
  -U USER                   database user; its password is in .pgpass
  -h HOST, -p PORT          where the primary listens, on the log transfer network
      --standby-name=NAME   the name in the primary's synchronous_standby_names
  -c CONNSTR                more connection parameters: "sslmode=verify-full"
      --method=streaming|rewind|copy|command
                            how: nothing is copied, what has changed is (pg_rewind),
                            everything (pg_basebackup), or CMD restores a backup; one of
                            the first three is chosen where it is not given
  CMD                       the line of a program, in one word, in which %D is the data
                            directory: '/usr/bin/pgbackrest --stanza=NAME restore'

Exit status:
  0  done; status: switchable; status --arbiter: online
  1  refused or failed
  2  wrong usage
  3  status: anything but switchable; status --arbiter: offline
  4  called by mc_std alone: refused for what time may mend

Environment:
  MCCONTROLDIR              management directory, where -M is not given
"""

MC_ARB = """\
mc_arb decides which server goes on where two do not hear each other.

Usage:
  mc_arb start [-M MCDIR] [-w|-W]
  mc_arb stop [-M MCDIR] [-e]
  mc_arb status [-M MCDIR] [--output=FORMAT]
  mc_arb generate-service [-M MCDIR]

Modes:
  start                     start the arbitration process
  stop                      stop it; refused while a server is connected
  status                    show which servers are connected
  generate-service          print a unit of systemd that starts and stops it

Options:
  -M MCDIR                  management directory (default: $ARBCONTROLDIR)
  -w                        wait until it serves (default)
  -W                        wait for nothing
  -e                        stop it by force, whoever is connected
      --output=text|json    form of the output (default: text)
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Exit status:
  0  done
  1  refused or failed
  2  wrong usage

Environment:
  ARBCONTROLDIR             management directory, where -M is not given
"""

MC_STD = """\
mc_std starts and stops a server of the pair with the operating system.

Usage:
  mc_std [--wait=SECONDS] start INSTALLDIR MCDIR ['MC_CTL_OPTIONS']
  mc_std [--wait=SECONDS] stop INSTALLDIR MCDIR ['MC_CTL_OPTIONS']

Modes:
  start                     mc_ctl start -w, again and again while what it is refused for
                            may pass, such as a primary that does not answer yet; done
                            where the server has been started already
  stop                      mc_ctl stop, again and again while another action is being
                            carried out; done where nothing runs

Arguments:
  INSTALLDIR                where the project is installed: INSTALLDIR/bin/mc_ctl is run
  MCDIR                     management directory, handed on as -M
  MC_CTL_OPTIONS            options for mc_ctl: '-f --local-server=ID'

Options, before the mode:
      --wait=SECONDS        for how long it is tried again (default: 600)
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Exit status:
  0  done
  1  refused or failed, or called off
  2  wrong usage
  4  it gave up
"""

PGX_DMPALL = """\
pgx_dmpall backs up the database of a pair's primary.

Usage:
  pgx_dmpall [-D PGDATA] [-c CONF] [--generations=N]

A verified base backup, tablespaces and all, is put into the backup_destination of the
server's serverIdentifier.conf. Archived WAL that no backup needs any more is removed.
On a standby nothing is done but to say "ERROR:recovery is in progress (10095)".

Options:
  -D PGDATA                 data directory (default: $PGDATA)
  -c CONF                   path of serverIdentifier.conf (default: that of the
                            controller which works on PGDATA, else the one in
                            $MCCONTROLDIR whose db_instance is PGDATA)
      --generations=N       backups that stay, the new one included (default: 2); an
                            older one goes only when the new one is whole and on disk
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Environment:
  PGDATA                    data directory where -D is not given
  MCCONTROLDIR              management directory where no controller runs

Exit status:
  0  done
  1  refused or failed, or on a standby
  2  wrong usage
"""
