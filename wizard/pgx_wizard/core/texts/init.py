"""A commented application file from a registered resource.  Pure."""

from __future__ import annotations

from pgx_pclrsc.definition import ResourceDefinition

HEAD = """\
# The cluster application of resource {name}: one file for pgx_wizard.
# Disks, mount points and addresses are examples; what is behind # is optional, with its default.

name = "APP1"
configuration = "config"  # as hvw's first line has it
machines = [{machines}]  # the active node first

[attributes]  # the manual's table in A.1.2
PersistentFault = 1  # 1: a fault is kept when RMS starts; 0: it is forgotten
OnlinePriority = 1  # 1: start where it was; 0: start where the list of machines says
# AutoStartUp = "yes"
# AutoSwitchOver = ["HostFailure", "ResourceFailure", "ShutDown"]
# StandbyTransitions = ["ClearFaultRequest", "StartUp", "SwitchRequest"]
# HaltFlag = "yes"
# ScriptTimeout = 300
# PreCheckScript, PreOnlineScript, PostOnlineScript, PreOfflineScript, OfflineDoneScript
# and FaultScript are paths with arguments.

[gds]
disk_classes = ["class0001"]  # every class that a file system below is on
# StandbySupport = "no"
# AutoRecover = "no"
# Timeout = 1800

"""
CMDLINE = """\
[database]
kind = "cmdline"  # runs pgx_online, pgx_offline and pgx_check
resource = "{name}"
script_dir = "/opt/pgx_pclrsc/bin"  # PREFIX/bin of make install
timeout = {timeout}  # serves Start and Stop: at least {online} and {offline}, as registered

[database.flags]  # what the scripts are made for
ALLEXITCODES = "Yes"
AUTORECOVER = "No"
CLUSTEREXCLUSIVE = "Yes"
NULLDETECTOR = "No"
STANDBYCAP = "No"
MONITORONLY = "No"

"""
SYMFOWARE = """\
[database]
kind = "symfoware"  # another product's menu item: it does not run this project's scripts
resource = "{name}"
OnlineTimeout = {online}
OfflineTimeout = {offline}
# Flags = "T900"
# FaultScript = ""

"""
TAIL = """\
# Takeover addresses of GLS; leave the table out if there is none.
[gls]
# Timeout = 60
[[gls.address]]
name = "takeoverip"
# AUTORECOVER = false

# Or of the takeover network (hvw's IpAddresses): a line of hvipalias for each node.
# [network]
# [[network.address]]
# name = "dbhost"
# address = "192.0.2.10"
# device = "eth1"
# prefix = 24

# File systems in hvw's order: one of purpose monitor before those that it monitors.
# [file_systems]
# Timeout = 180  # at least 6 a file system

[[file_systems.mount]]
mount_point = "/mnt/monitor1"
device = "/dev/sfdsk/class0001/dsk/volume0002"
type = "ext4"
options = "noauto,ro"
purpose = "monitor"  # data, tablespace, backup, wal or monitor

[[file_systems.mount]]
mount_point = "{mount_point}"  # holds {data}
device = "/dev/sfdsk/class0001/dsk/volume0001"
type = "ext4"
options = "noauto"
purpose = "data"
monitored_by = "/mnt/monitor1"
# flags = ["AUTORECOVER"]  # and MONITORONLY for a backup, SHARE, SYNC
"""


def example(definition: ResourceDefinition, kind: str) -> str:
    """Return the file for the resource *definition*."""
    values = {
        "name": definition.name,
        "machines": ", ".join(f'"{node}"' for node in definition.nodes),
        "online": definition.online_timeout,
        "offline": definition.offline_timeout,
        "timeout": max(definition.online_timeout, definition.offline_timeout),
        "data": definition.data_directory,
        "mount_point": _mount_point(definition.data_directory),
    }
    middle = CMDLINE if kind == "cmdline" else SYMFOWARE
    return (HEAD + middle + TAIL).format(**values)


def _mount_point(data: str) -> str:
    """Return the likely mount point: the directory above the data directory."""
    above = data.rstrip("/").rpartition("/")[0]
    return above or data.rstrip("/")
