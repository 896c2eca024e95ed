"""Kinds of personal data, one file each. A new kind is a new file and a line in `catalogue`."""
