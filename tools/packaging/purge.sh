# What pgx_pclrsc -a has written, unless another installation goes by it: the package may have
# been removed long ago.  Work directories are their OS users', and stay.
if [ -e /opt/pgx_pclrsc/versions/current ] || grep -qsz 'pgx_monito[r]' /proc/[0-9]*/cmdline
then
    echo "the registry, /etc/opt/pgx_pclrsc, stays: it is in use" >&2
else
    rm -rf /etc/opt/pgx_pclrsc /run/pgx_pclrsc
fi
