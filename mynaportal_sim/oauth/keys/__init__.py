"""The keys that sign tokens, from next to gone; docs/keys.md tells of their life."""
