"""The card's side of the wire: an emulated card that keeps its state in a file."""
