"""Text that others chose and people read: it must not be able to pose as something else."""

IDEOGRAPHIC_SPACE = "\u3000"  # between the parts of a Japanese name; not printable to Python


def legible(text: str) -> bool:
    """Whether a text has no control character and none that turns its direction."""
    return all(char.isprintable() or char == IDEOGRAPHIC_SPACE for char in text)
