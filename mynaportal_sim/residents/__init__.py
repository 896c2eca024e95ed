"""People: who they are, where they live, and the state their card is in. All fictional."""
