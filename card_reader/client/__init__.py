"""The terminal's side of the wire: what a program says to a card."""
