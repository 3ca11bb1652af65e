"""Man pages and completion, made of what each command prints for --help."""
