"""What any program of ours may need.  No imports: this runs before every entry point."""
