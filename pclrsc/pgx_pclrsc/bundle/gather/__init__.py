"""Takes the parts of a bundle, each in a child with a time limit; changes nothing."""
