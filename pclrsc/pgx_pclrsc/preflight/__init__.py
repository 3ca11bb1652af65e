"""What an administrator is told before RMS is: manual 2.3, as far as one node shows it."""
