"""What a resource and its files are called, and how large the fixed ones are.

`record`, `monitor.lock` and `transition.lock` have their full size from the day the
resource is registered: they can then be written when the file system is full.
pgx_check imports this, so it imports nothing.
"""

# In a resource's directory of the registry.
DEFINITION = "definition.toml"
WORK_LINK = "work"

# Beside the resources: what an import has decided, until it is done.
IMPORT = ".import"
# Who changes the registry has it locked; nobody else can open it, and so lock it.
LOCK = ".lock"

# In its work directory.
RECORD = "record"
MONITOR_LOCK = "monitor.lock"
TRANSITION_LOCK = "transition.lock"

RECORD_SIZE = 512  # bytes
LOCK_SIZE = 128  # bytes

PREALLOCATED = (
    (RECORD, RECORD_SIZE),
    (MONITOR_LOCK, LOCK_SIZE),
    (TRANSITION_LOCK, LOCK_SIZE),
)


LONGEST_NAME = 16  # bytes (manual 2.3.8)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_OTHERS = _LETTERS | frozenset("0123456789_")


def is_name(text: str) -> bool:
    """Whether *text* can be a resource's name (manual 2.3.8)."""
    return (
        0 < len(text) <= LONGEST_NAME
        and text[0] in _LETTERS
        and _OTHERS.issuperset(text)
    )


def blank(size: int) -> bytes:
    """Return *size* bytes that say nothing: one line of blanks."""
    return b" " * (size - 1) + b"\n"
