"""Who may have what, for what, until when; usable alone.

Knows neither cards nor the web. Start at `policy.decide`, the rule that everything else serves.
"""
