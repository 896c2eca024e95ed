"""The municipal counter: where residents get their cards."""
