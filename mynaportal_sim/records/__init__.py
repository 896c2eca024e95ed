"""People's data, and the one gate to them: `access`."""
