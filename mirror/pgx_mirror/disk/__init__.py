"""Disk monitoring: small files, written by children that may hang without harm."""
