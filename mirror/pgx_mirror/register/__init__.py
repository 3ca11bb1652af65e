"""The register: where an epoch is decided when the peer is silent.  mc_arb serves it."""
