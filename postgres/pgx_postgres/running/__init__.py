"""Starting and stopping an instance for whoever brings a `Caller`."""
