"""Makes a bundle: one archive with all that an installation without a network needs."""
