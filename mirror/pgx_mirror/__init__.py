"""The Mirroring Controller: a pair on streaming replication (the manual's Part 3)."""
