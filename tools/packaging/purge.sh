# What pgx_pclrsc -a has written.  Work directories are their OS users', and stay.
rm -rf /etc/opt/pgx_pclrsc /run/pgx_pclrsc
