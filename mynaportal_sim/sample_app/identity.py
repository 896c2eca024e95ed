"""Who the app is to the portal; the same when it is registered and when it asks."""

NAME = "こもれび健康ノート"
ORGANISATION = "こもれびヘルスケア株式会社（架空）"
PURPOSE = "self-care"
CALLBACK = "/callback"
"""The path of the redirect URI."""
