"""A process on this machine that lets a browser's page reach a card (reference login, 7).

Pure: guard, wire, refusal, pairing, operation. With a card or a person: cards, login,
pin, window, terminal. With the network: door, desk, server, control, run.
"""
