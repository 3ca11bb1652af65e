"""The application file: from its text to the application, every problem at its place."""
