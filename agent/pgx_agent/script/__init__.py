"""What a transition is made of: a parent, its worker, the lock, and the line between them."""
