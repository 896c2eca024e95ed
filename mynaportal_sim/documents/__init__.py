"""Documents that a person signs with the certificate for signatures, and judging such files."""
