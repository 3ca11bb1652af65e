"""The link between the two controllers over the admin network; nothing in it waits."""
