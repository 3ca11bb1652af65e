"""What a status says, and its forms.  Pure."""
