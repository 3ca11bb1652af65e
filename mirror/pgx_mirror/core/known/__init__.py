"""What follows from the facts: the words of which the conditions of the table are made."""
