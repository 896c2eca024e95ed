"""What must reach an app: events about consents, signed, tried again until acknowledged."""
