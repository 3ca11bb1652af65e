"""The rules that `check` applies, by subject."""
