"""Who looks at an app from its own side: one-time links, and the sessions they open."""
