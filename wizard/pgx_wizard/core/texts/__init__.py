"""What is written for a person: an example, instructions, lines of other files."""
