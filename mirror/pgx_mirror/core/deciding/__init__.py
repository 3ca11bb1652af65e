"""One step: what is learnt, planned, looked up in the table, and said."""
