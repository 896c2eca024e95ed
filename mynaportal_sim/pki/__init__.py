"""The simulated JPKI: two authorities, what their certificates say, and how one is judged."""
