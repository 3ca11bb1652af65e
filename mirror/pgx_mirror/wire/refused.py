"""Why a connection is ended: each reason a class of its own, its text for people.

The text never holds what somebody unauthenticated has sent, an identifier of printable
ASCII apart.
"""

from __future__ import annotations


class Refused(Exception):
    """What the other end has sent is not accepted; the connection ends."""


class Garbage(Refused):
    """It is not what this protocol has."""


class TooLong(Refused):
    """A frame longer than is accepted at this point."""


class OtherVersion(Refused):
    """The other end speaks another version of this protocol."""


class OtherPurpose(Refused):
    """It is one of our programs, and meant for another."""


class UnknownPeer(Refused):
    """A server identifier that is not expected here."""


class OtherSecret(Refused):
    """It does not know the secret."""


class Forged(Refused):
    """A frame that was not made with the session's key."""


class Replayed(Refused):
    """A frame that was made with the session's key and is not the next one."""


class TlsRefused(Refused):
    """TLS, where it is used, did not come about."""
