"""How a person comes in: a challenge, a card's signature, the checks, a session."""
