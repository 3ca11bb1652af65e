"""OCF's words: exit codes and names.  A monitor loads it, so it imports nothing."""

PROGRAM = "pgx_ocf"
NAME = "OCF_RESKEY_name"
INTERVAL = "OCF_RESKEY_CRM_meta_interval"  # milliseconds, "0" of a probe
TIMEOUT = "OCF_RESKEY_CRM_meta_timeout"  # milliseconds
REASON = "ocf-exit-reason:"  # what is behind it is what people are shown
SUCCESS = 0
GENERIC = 1
UNIMPLEMENTED = 3
PERM = 4
INSTALLED = 5
CONFIGURED = 6
NOT_RUNNING = 7
_DIGITS = 12  # of the longest time-out, some 30 years


def seconds(text: str) -> int:
    """Return the whole seconds of a time-out in milliseconds, 0 for what is none."""
    if not (text.isascii() and text.isdecimal()):
        return 0
    return int(text.lstrip("0")[:_DIGITS] or "0") // 1000
