"""What make uses to set up, install and run; standard library only."""
