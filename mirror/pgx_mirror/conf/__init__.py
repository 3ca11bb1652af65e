"""The management directory's files: network.conf, serverIdentifier.conf, the secret."""
