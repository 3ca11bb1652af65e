"""hvw's words: what its screens call things, as the manual's Appendix A prints them.

Pure.  Everything here stands in Appendix A, except where a comment says otherwise.
"""

from __future__ import annotations

# Machines+Basics, in the order of the screen (A.1.2), with what hvw shows at first.
SCRIPTS = (
    "PreCheckScript",
    "PreOnlineScript",
    "PostOnlineScript",
    "PreOfflineScript",
    "OfflineDoneScript",
    "FaultScript",
)
BASICS: dict[str, str] = {
    **dict.fromkeys(SCRIPTS, ""),
    "AutoStartUp": "no",
    "AutoSwitchOver": "No",
    "PreserveState": "no",
    "PersistentFault": "0",
    "ShutdownPriority": "",
    "OnlinePriority": "",
    "StandbyTransitions": "",
    "LicenseToKill": "no",
    "AutoBreak": "yes",
    "AutoBreakMaintMode": "no",
    "HaltFlag": "no",
    "PartialCluster": "0",
    "ScriptTimeout": "",
}
# What an application file sets; the others hvw keeps as they are.
DECLARED = (
    *SCRIPTS,
    "AutoStartUp",
    "AutoSwitchOver",
    "PersistentFault",
    "OnlinePriority",
    "StandbyTransitions",
    "HaltFlag",
    "ScriptTimeout",
)
# A.1.2, step 7.
RECOMMENDED = {
    "AutoStartUp": "yes",
    "AutoSwitchOver": "HostFailure|ResourceFailure|ShutDown",
    "StandbyTransitions": "ClearFaultRequest|StartUp|SwitchRequest",
    "HaltFlag": "yes",
}
# The flags of the two flag menus, in the order in which hvw joins them with `|`.
SWITCH_OVER = ("HostFailure", "ResourceFailure", "ShutDown")
STANDBY = ("ClearFaultRequest", "StartUp", "SwitchRequest")
STANDBY_TRANSITIONS = "StandbyTransitions"
FLAG_SETS = {"AutoSwitchOver": SWITCH_OVER, STANDBY_TRANSITIONS: STANDBY}

# Flags of a mount point, in the order of the letters that hvw prints: LA and LAM are
# printed by the manual; where SHARE and SYNC stand is not.
MOUNT_FLAGS = {
    "LOCAL": "L",
    "AUTORECOVER": "A",
    "MONITORONLY": "M",
    "SHARE": "S",
    "SYNC": "Y",
}
KNOWN_IN_PRINT = frozenset({"LOCAL", "AUTORECOVER", "MONITORONLY"})

# Flags of a Cmdline resource (Installation and Administration Guide 4.4, 6.11), and what
# pgx_online, pgx_offline and pgx_check need.
CMDLINE_FLAGS = {
    "ALLEXITCODES": "Yes",
    "AUTORECOVER": "No",
    "CLUSTEREXCLUSIVE": "Yes",
    "NULLDETECTOR": "No",
    "STANDBYCAP": "No",
    "MONITORONLY": "No",
}
CMDLINE_TIMEOUT = 300  # what a Cmdline resource has unless it is set

NO_RMS = "No RMS active in the cluster"
CONSISTENT = "consistent"
NOT_CONSISTENT = "not yet consistent"
STANDBY_TYPE = "STANDBY"

# The main menu.
CREATE = "Application-Create"
EDIT = "Application-Edit"
GENERATE = "Configuration-Generate"
ACTIVATE = "Configuration-Activate"

# The turnkey menu, in its order: label, sub-application's prefix, title of its screen.
# Of CommandLines and IpAddresses the manual shows the label alone.
COMMAND_LINES = "CommandLines"
SYMFOWARE = "Symfoware"
GLS = "Gls:Global-Link-Services"
IP_ADDRESSES = "IpAddresses"
FILE_SYSTEMS = "LocalFileSystems"
GDS = "Gds:Global-Disk-Services"
BASICS_LABEL = "Machines+Basics"
TITLES = {
    BASICS_LABEL: "Machines+Basics",
    SYMFOWARE: "Resource",
    GLS: "Gls",
    FILE_SYSTEMS: "File systems",
    GDS: "Volume management",
}
PREFIXES = {SYMFOWARE: "Symfoware", GLS: "Gls", FILE_SYSTEMS: "Lfs", GDS: "Gds"}
INFERRED = (COMMAND_LINES, IP_ADDRESSES)
# The order of A.1.3 to A.1.6: from the disk up, the database before the addresses.
ORDER_OF_TYPING = (GDS, SYMFOWARE, COMMAND_LINES, GLS, IP_ADDRESSES, FILE_SYSTEMS)

HVW = "/opt/SMAW/SMAWRrms/bin/hvw"
HVGDSETUP = "/usr/opt/reliant/bin/hvgdsetup"
