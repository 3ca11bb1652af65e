"""Real corosync and Pacemaker, on the bed."""
