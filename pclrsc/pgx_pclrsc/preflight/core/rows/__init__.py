"""The checks, by what they are about; each takes facts and yields what is wrong."""
