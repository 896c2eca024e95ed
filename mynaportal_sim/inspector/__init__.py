"""What was received and why it was refused, kept for a while so that a developer can look."""
