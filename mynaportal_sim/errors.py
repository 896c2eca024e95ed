"""The root of every error that a room of the portal raises on purpose."""


class PortalError(Exception):
    """Something that whoever asked can understand and act on; its text is for them."""
