"""Tests of the fake RMS."""
