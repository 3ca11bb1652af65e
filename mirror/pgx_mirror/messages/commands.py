"""Of the programs of the configuration that are called: PGX00601 to PGX00699."""

from __future__ import annotations

from pgx_mirror.messages.message import ERROR, LOG, WARNING, ours

CALLED = ours(
    601,
    LOG,
    '{command} is called: "{path}" {arguments}',
    "The parameter of that name is set, and its time has come.",
)
DONE = ours(
    602,
    LOG,
    "{command} has ended with exit status 0 after {seconds} s",
    "The program has done what it was called for.",
)
FAILED = ours(
    603,
    ERROR,
    '{command} has failed: {reason} ("{path}")',
    "The program did not end with exit status 0. A fencing_command or arbitration_command "
    "has then said no: the switch or disconnection is not carried out. After any other the "
    "work goes on as if it had not been called.",
    "Look at what it said, which is told beside this; do by hand what it had to do, and put "
    "the program right.",
)
TIMED_OUT = ours(
    604,
    ERROR,
    '{command} was ended: {reason} ("{path}")',
    "The program took longer than its parameter allows; its process group was ended, by "
    "SIGTERM and then by SIGKILL. What follows is as with one that has failed.",
    "Look for what it waits for; raise fencing_command_timeout, arbitration_command_timeout "
    "or status_transition_command_timeout if it needs so long.",
)
NOT_CALLED = ours(
    605,
    ERROR,
    '{command} is not called: {reason} ("{path}")',
    "The program is missing, cannot be executed, or could be changed by another user: its "
    "file, a directory or a link of its path, or its interpreter. What follows is as with "
    "one that has failed.",
    "Put right what the reason names: the file and each directory of its path belong to root "
    "or to the user who runs this, and are writable by nobody else.",
)
SAYS = ours(
    606,
    LOG,
    "{command} says: {line}",
    "One of the last lines that the program has written.",
)
UNHEARD = ours(
    607,
    WARNING,
    '{command} has not told how it ended: {reason} ("{path}")',
    "The process that waited for it was ended. It counts as failed.",
    "Look for what ended it: memory, or a signal.",
)
