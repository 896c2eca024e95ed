"""The registered private apps: who they are, which keys are theirs, what they declared."""
