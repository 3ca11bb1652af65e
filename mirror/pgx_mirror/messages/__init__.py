"""What the pair says to the system log: a catalogue, and the way there."""
