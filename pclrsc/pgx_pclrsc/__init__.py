"""What a resource is and where it is kept.  No imports: this runs before every entry point."""
