"""OCF's words: exit codes and names.  A monitor loads it, so it imports nothing."""

PROGRAM = "pgx_ocf"
NAME = "OCF_RESKEY_name"
REASON = "ocf-exit-reason:"  # what is behind it is what people are shown
SUCCESS = 0
GENERIC = 1
UNIMPLEMENTED = 3
PERM = 4
INSTALLED = 5
CONFIGURED = 6
NOT_RUNNING = 7
