"""What a cluster manager says, and the exit codes it wants: read and chosen here alone."""
