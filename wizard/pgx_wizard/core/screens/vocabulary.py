"""hvw's words: what its screens call things, as the manual's Appendix A prints them.

Pure.  Everything here stands in Appendix A.  What belongs to one sub-application is in parts.
"""

from __future__ import annotations

NO_RMS = "No RMS active in the cluster"
CONSISTENT = "consistent"
NOT_CONSISTENT = "not yet consistent"
STANDBY_TYPE = "STANDBY"

# The main menu.
CREATE = "Application-Create"
EDIT = "Application-Edit"
GENERATE = "Configuration-Generate"
ACTIVATE = "Configuration-Activate"

HVW = "/opt/SMAW/SMAWRrms/bin/hvw"
