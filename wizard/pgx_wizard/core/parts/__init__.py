"""hvw's sub-applications: what each is, from the file to the screen."""
